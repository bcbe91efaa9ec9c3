import { type Authority, createAuthority, createCsr, generateKey, type Leaf } from "@handfast/pki";
import { hostname } from "../../providers.ts";
import { makePki, type Pki } from "../../stack.ts";

/** The certificates of all scenarios, made once: two CAs, three leaves, a CRL, and a stranger. */
export interface Materials {
  /** The site's own, the first CA with its leaf, and a stranger. */
  readonly pki: Pki;
  readonly nextCa: Authority;
  /** Of the first CA too, with a key of its own. */
  readonly nextLeaf: Leaf;
  /** Of the second CA. */
  readonly otherLeaf: Leaf;
  /** PEM; of the first CA, with one serial that nobody shows. */
  readonly crl: string;
  /** PKCS#8 PEM by the name that specs use. */
  readonly keys: Readonly<Record<"leaf" | "next-leaf" | "other-leaf", string>>;
}

/** Makes them, on P-256. */
export async function makeMaterials(): Promise<Materials> {
  const key = () => generateKey({ type: "ec", curve: "P-256" });
  const pki = await makePki("ec");
  const nextCa = await createAuthority({ subject: "CN=example.com 2", key: await key() });
  const issue = async (authority: Authority) => {
    const leafKey = await key();
    const leaf = await authority.issue(await createCsr({ subject: `CN=${hostname}`, key: leafKey }));
    return { leaf, key: leafKey.export() };
  };
  const [next, other] = [await issue(pki.root), await issue(nextCa)];
  const crl = await pki.root.createCrl({ number: 1, revoked: [{ serial: "7b", at: Date.now() }] });
  return {
    pki,
    nextCa,
    nextLeaf: next.leaf,
    otherLeaf: other.leaf,
    crl: crl.pem,
    keys: { leaf: pki.leafKey, "next-leaf": next.key, "other-leaf": other.key },
  };
}
