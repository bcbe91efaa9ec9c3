import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyIssuer, issuerToken } from "../../src/revocation/issuer-token.ts";
import { element, nameOf, names, spellings, toDer } from "./names.ts";
import { eventWith, run, storeWith } from "./run-function.ts";

/** Whether the connection function takes a name as text for the issuer whose entry was made of the name in DER. */
function isTakenFor(text: string, der: string): boolean {
  const { decision } = run(
    eventWith({ serialNumber: "07", issuer: text }),
    storeWith({ key: "7", value: issuerToken(der) }),
  );
  return decision === "deny";
}

describe("issuerToken", () => {
  it.each(Object.entries(spellings))("is what the connection function makes of a name: %s", (_, spell) => {
    fc.assert(
      fc.property(names, (name) => {
        expect({ text: spell(name), taken: isTakenFor(spell(name), toDer(name)) }).toMatchObject({
          taken: true,
        });
      }),
      { numRuns: 40 },
    );
  });

  it("tells names apart that differ in a word", () => {
    const all = ["Root A", "Root B", "Root A 2", "Wurzel Ä", "Wurzel Ö", "根 甲", "根 乙", "a", "A1", "root"];
    const tokens = all.map((name) => issuerToken(toDer(nameOf(name))));
    expect(new Set(tokens).size).toBe(all.length);
    expect(tokens.every((token) => /^[0-9a-z]{1,7}$/.test(token))).toBe(true);
    expect(isTakenFor("CN=Root B", toDer(nameOf("Root A")))).toBe(false);
    expect(isTakenFor("CN=Wurzel \\C3\\96", toDer(nameOf("Wurzel Ä")))).toBe(false);
  });

  it("does not mind order, case and spacing", () => {
    const token = issuerToken(toDer(nameOf("Root A", "Shop GmbH")));
    expect(issuerToken(toDer([...nameOf("root  a", "SHOP gmbh")].reverse()))).toBe(token);
  });

  it.each([
    ["a name without a word", toDer(nameOf("---"))],
    ["the empty name", element(0x30, [])],
    ["T61String beyond ASCII", toDer([{ name: "O", type: "55040a", tag: 0x14, value: "Ä" }])],
    [
      "UTF8String that is none",
      element(0x30, [element(0x31, [element(0x30, [element(0x06, ["550403"]), element(0x0c, ["c3"])])])]),
    ],
    [
      "half a surrogate pair",
      element(0x30, [element(0x31, [element(0x30, [element(0x06, ["550403"]), element(0x1e, ["d800"])])])]),
    ],
    [
      "a bit string",
      element(0x30, [element(0x31, [element(0x30, [element(0x06, ["55042d"]), element(0x03, ["0041"])])])]),
    ],
    ["bytes that are no DER", "30ff00"],
    ["nothing", ""],
  ])("stands for every issuer where the name can't be compared: %s", (_, der) => {
    expect(issuerToken(der)).toBe(anyIssuer);
    expect(isTakenFor("CN=whoever", der)).toBe(true);
  });
});
