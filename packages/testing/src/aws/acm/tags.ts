import { z } from "zod";
import type { JsonResult } from "../json/json-service.ts";
import { readInput } from "../json/read-input.ts";
import { type AcmCall, findCertificate, store } from "./call.ts";
import type { Tags } from "./models.ts";
import { refuse } from "./refusals.ts";

/** The shape of the member `Tags`. */
export const tagList = z.array(
  z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() }),
);

const tagging = z.object({ CertificateArn: z.string(), Tags: tagList.min(1).max(50) });

/**
 * Tags as they will be kept.
 *
 * @throws AwsRefused InvalidTagException, TooManyTagsException
 */
export function readTags(sent: z.infer<typeof tagList>, limit: number): Tags {
  const tags = new Map<string, string>();
  for (const { Key, Value = "" } of sent) {
    if (/^aws:/i.test(Key) || !/^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u.test(Key + Value) || tags.has(Key)) {
      throw refuse("InvalidTagException", `The tag '${Key}' is not valid`);
    }
    tags.set(Key, Value);
  }
  if (tags.size > limit) throw refuse("TooManyTagsException", `A certificate can have up to ${limit} tags`);
  return Object.fromEntries(tags);
}

/** AddTagsToCertificate. */
export function addTagsToCertificate(call: AcmCall): JsonResult {
  const sent = readInput(tagging, call.input);
  const { tags: limit } = call.settings.quotas;
  const certificate = findCertificate(call, sent.CertificateArn, "write");
  const tags = { ...certificate.tags, ...readTags(sent.Tags, limit) };
  if (Object.keys(tags).length > limit) {
    throw refuse("TooManyTagsException", `A certificate can have up to ${limit} tags`);
  }
  store(call, { ...certificate, tags }, { counts: false });
  return {};
}

/** RemoveTagsFromCertificate: a tag that is sent with a value goes only if it has that value. */
export function removeTagsFromCertificate(call: AcmCall): JsonResult {
  const sent = readInput(tagging, call.input);
  const certificate = findCertificate(call, sent.CertificateArn, "write");
  const goes = (key: string, value: string): boolean =>
    sent.Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
  const tags = Object.fromEntries(Object.entries(certificate.tags).filter((tag) => !goes(...tag)));
  store(call, { ...certificate, tags }, { counts: false });
  return {};
}

/** ListTagsForCertificate. */
export function listTagsForCertificate(call: AcmCall): JsonResult {
  const { CertificateArn } = readInput(z.object({ CertificateArn: z.string() }), call.input);
  const { tags } = findCertificate(call, CertificateArn, "read");
  return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}
