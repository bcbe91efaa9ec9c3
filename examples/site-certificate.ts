/** The certificate of a site: a public one of ACM, in us-east-1 as CloudFront wants it, validated by DNS. */
import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import { readCertificateStatus, requestCertificate } from "@handfast/aws";
import type { Place } from "./viewers-place.ts";

/** The ARN of one that ACM has issued already, or of a new one, once its records are found in DNS. */
export async function ensureCertificate(
  place: Pick<Place, "clients" | "clock" | "domain" | "validate">,
  say: (line: string) => void,
): Promise<string> {
  const { clients, domain, clock } = place;
  const listed = await clients.acm.send(
    new ListCertificatesCommand({
      CertificateStatuses: ["ISSUED"],
      // Without this, ACM leaves out all but RSA keys.
      Includes: { keyTypes: ["RSA_2048", "EC_prime256v1"] },
      MaxItems: 1_000,
    }),
  );
  const there = listed.CertificateSummaryList?.find(({ DomainName }) => DomainName === domain);
  if (there?.CertificateArn !== undefined) return there.CertificateArn;
  const options = { acm: clients.acm, clock };
  const { arn, validation } = await requestCertificate({ ...options, domain, keyAlgorithm: "EC_prime256v1" });
  say("ACM wants to find in DNS:");
  for (const { name, type, value } of validation) say(`  ${name} ${type} ${value}`);
  await place.validate(arn, validation);
  for (let looks = 0; looks < 120; looks += 1) {
    const { status, reason } = await readCertificateStatus({ ...options, arn });
    if (status === "issued") {
      say(`issued: ${arn}`);
      return arn;
    }
    if (status === "failed") throw new Error(`ACM does not issue ${arn}: ${reason}`);
    await clock.sleep(15_000);
  }
  throw new Error(`${arn} is not issued after half an hour; put its records into DNS and run this again`);
}
