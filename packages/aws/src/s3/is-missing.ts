import { isHandfastError } from "@handfast/core";

/** Whether an object is not there, in a bucket that is. */
export function isMissing(error: unknown): boolean {
  return (
    isHandfastError(error) &&
    error.code === "REMOTE_NOT_FOUND" &&
    error.details.provider?.code !== "NoSuchBucket"
  );
}
