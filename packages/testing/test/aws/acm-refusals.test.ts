import {
  ACMClient,
  DescribeCertificateCommand,
  ImportCertificateCommand,
  type ImportCertificateCommandInput,
} from "@aws-sdk/client-acm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aws, simulate, turnableClock } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { caExtensions, issue, rewriteKey } from "./issue.ts";
import { hasOpenssl } from "./openssl.ts";

describe.runIf(hasOpenssl)("ImportCertificate refuses", () => {
  const root = hasOpenssl ? issue("root", { extensions: caExtensions }) : never();
  const middle = hasOpenssl ? issue("middle", { by: root, extensions: caExtensions }) : never();
  const leaf = hasOpenssl ? issue("leaf", { by: middle }) : never();
  const alone = hasOpenssl ? issue("alone") : never();
  const rsa = hasOpenssl ? issue("rsa", { by: root, key: "RSA-2048" }) : never();

  const text = (...parts: string[]): Uint8Array => Buffer.from(parts.join(""));
  const good = {
    Certificate: text(leaf.certificate),
    PrivateKey: text(leaf.key),
    CertificateChain: text(middle.certificate, root.certificate),
  };
  type Sent = Partial<ImportCertificateCommandInput>;

  let world: Awaited<ReturnType<typeof connect>>;
  beforeAll(async () => {
    world = await connect(Date.now());
  });
  afterAll(() => world.close());

  const connect = async (start: number) => {
    const cloud = aws({ clock: turnableClock(start) });
    const { origins, close } = await simulate({ services: [cloud.acm] }).listen();
    const acm = new ACMClient({
      region: "us-east-1",
      credentials: cloud.credentials,
      maxAttempts: 1,
      endpoint: origins.acm ?? "",
    });
    return { acm, close };
  };
  const send = (sent: Sent, acm = world.acm) => acm.send(new ImportCertificateCommand({ ...good, ...sent }));

  it("nothing that is in order", async () => {
    await send({});
    await send({ CertificateChain: text(middle.certificate) });
    await send({
      Certificate: text(alone.certificate),
      PrivateKey: text(alone.key),
      CertificateChain: undefined,
    });
  });

  it.each<[string, () => Sent, string]>([
    [
      "more than one certificate",
      () => ({ Certificate: text(leaf.certificate, middle.certificate) }),
      "more than one",
    ],
    ["text before a certificate", () => ({ Certificate: text("Bag Attributes\n", leaf.certificate) }), "PEM"],
    [
      "blank lines between certificates",
      () => ({ CertificateChain: text(middle.certificate, "\n", root.certificate) }),
      "PEM",
    ],
    ["a key of another certificate", () => ({ PrivateKey: text(alone.key) }), "does not match"],
    ["an encrypted key", () => ({ PrivateKey: rewriteKey(leaf.key, "encrypted") }), "encrypted"],
    ["a key in DER", () => ({ PrivateKey: rewriteKey(leaf.key, "der") }), "PEM"],
    [
      "a key that follows its curve's parameters",
      () => ({
        PrivateKey: text(
          "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
          rewriteKey(leaf.key, "sec1").toString(),
        ),
      }),
      "PEM",
    ],
    ["a key of more than 5120 bytes", () => ({ PrivateKey: text(leaf.key, "\n".repeat(5_120)) }), "5120"],
    ["a leaf without the chain to who signed it", () => ({ CertificateChain: undefined }), "self-signed"],
    [
      "a chain in the wrong order",
      () => ({ CertificateChain: text(root.certificate, middle.certificate) }),
      "with the certificate chain",
    ],
    [
      "a chain with the leaf in it",
      () => ({ CertificateChain: text(leaf.certificate, middle.certificate) }),
      "with the certificate chain",
    ],
    [
      "a chain that leads elsewhere",
      () => ({ CertificateChain: text(root.certificate) }),
      "with the certificate chain",
    ],
    [
      "another kind of key than that of the signing CA",
      () => ({
        Certificate: text(rsa.certificate),
        PrivateKey: text(rsa.key),
        CertificateChain: text(root.certificate),
      }),
      "match the algorithm of the signing CA",
    ],
    [
      "a kind of key that ACM does not know",
      () => {
        const { certificate, key } = issue("ed", { key: "Ed25519" });
        return { Certificate: text(certificate), PrivateKey: text(key), CertificateChain: undefined };
      },
      "not supported",
    ],
    ["an empty chain", () => ({ CertificateChain: text("") }), "greater than or equal to 1"],
    [
      "X.509 version 1",
      () => {
        const { certificate, key } = issue("old", { version: 1 });
        return { Certificate: text(certificate), PrivateKey: text(key), CertificateChain: undefined };
      },
      "not X.509 version 3",
    ],
  ])("%s", async (_, sent, message) => {
    expect(await refusal(send(sent()))).toMatchObject({
      name: "ValidationException",
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ["not valid yet", -1, "not valid yet"],
    ["out of date", 31, "expired"],
  ])("a certificate that is %s", async (_, days, message) => {
    const other = await connect(Date.now() + days * 86_400_000);
    expect((await refusal(send({}, other.acm))).message).toContain(message);
    await other.close();
  });

  it("an ARN that is none, and one that nothing has", async () => {
    const ask = (CertificateArn: string) =>
      refusal(world.acm.send(new DescribeCertificateCommand({ CertificateArn })));
    expect(await ask("arn:aws:iam::111122223333:server-certificate/x")).toMatchObject({
      name: "InvalidArnException",
      status: 400,
    });
    const unknown = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012";
    expect(await ask(unknown)).toMatchObject({ name: "ResourceNotFoundException", status: 400 });
    expect((await refusal(send({ CertificateArn: unknown }))).name).toBe("ResourceNotFoundException");
  });
});

function never(): { certificate: string; key: string } {
  return { certificate: "", key: "" };
}
