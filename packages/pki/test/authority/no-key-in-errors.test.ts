import { createAuthority, createCsr, type Profile } from "@handfast/pki";
import { expect, it } from "vitest";
import { ecKey, makeRoot } from "../world.ts";

it("a private key given in place of another text does not get into the error", async () => {
  const key = await ecKey();
  const secret = key.export();
  const body = secret.split("\n")[1] ?? "";
  const root = await makeRoot("root");
  const { publicKey } = key;
  const mistakes: readonly (() => Promise<unknown>)[] = [
    () => createAuthority({ subject: secret, key }),
    () => createAuthority({ subject: `CN=a,O=b${secret}`, key }),
    () => createAuthority({ subject: "CN=a", key, nameConstraints: { permitted: { dns: [secret] } } }),
    () => createAuthority({ subject: "CN=a", key, nameConstraints: { excluded: { ip: [secret] } } }),
    () => createCsr({ subject: "CN=a", key, names: [secret] }),
    () => root.issueFor({ publicKey, subject: secret }),
    () => root.issueFor({ publicKey, names: [secret] }),
    () => root.issueFor({ publicKey, names: [`mailto:${secret}`] }),
    () => root.issueFor({ publicKey }, { profile: secret as "device" }),
    () => root.issueFor({ publicKey }, { profile: { name: secret } as Profile }),
    () => root.issue(secret),
    () => root.crossSign(secret),
  ];
  for (const [index, make] of mistakes.entries()) {
    const cause = await make().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(cause, String(index)).toMatchObject({ code: expect.stringMatching(/^CERTIFICATE_/) });
    const said = `${(cause as Error).message}${JSON.stringify(cause)}`;
    for (let at = 0; at + 8 <= body.length; at += 8)
      expect(said, String(index)).not.toContain(body.slice(at, at + 8));
  }
});
