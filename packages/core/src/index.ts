export { type Clock, systemClock } from "./clock.ts";
export {
  type Actor,
  type ErrorDetails,
  type ErrorRecord,
  HandfastError,
  type HandfastErrorCode,
  isHandfastError,
  type SpecIssue,
} from "./errors.ts";
