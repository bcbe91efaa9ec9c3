import { z } from "zod";
import type { Right } from "../iam/authorise.ts";

/** The members that say what an operation is about; read before they are checked. */
const about = z.object({ CertificateArn: z.string().optional(), Tags: z.array(z.unknown()).optional() });

/**
 * What a caller must be allowed for an operation ("Actions, resources, and condition keys for AWS Certificate Manager").
 * What is to be made is asked for by the ARN of any certificate; making it with tags asks for tagging as well.
 */
export function rightsFor(
  operation: string,
  input: unknown,
  { region, accountId }: { readonly region: string; readonly accountId: string },
): readonly Right[] {
  const right = (name: string, resource: string): Right => ({ action: `acm:${name}`, resource });
  if (operation === "ListCertificates") return [right(operation, "*")];
  const read = about.safeParse(input);
  const { CertificateArn, Tags } = read.success ? read.data : {};
  const resource = CertificateArn ?? `arn:aws:acm:${region}:${accountId}:certificate/*`;
  const isTagged = CertificateArn === undefined && Tags !== undefined;
  return [right(operation, resource), ...(isTagged ? [right("AddTagsToCertificate", resource)] : [])];
}
