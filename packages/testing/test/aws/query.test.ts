import { expect, it } from "vitest";
import { readQuery } from "../../src/aws/query/query.ts";
import { renderXml } from "../../src/aws/xml.ts";

const query = (text: string) => readQuery(new URLSearchParams(text));

it("readQuery reads scalars, lists and structures", () => {
  const read = query("A=x%3Ay&N=7&B=true&L.member.2=two&L.member.1=one&S.Mode=off&T.member.1.Key=k&E=");
  expect([read.text("A"), read.integer("N", 1, 7), read.boolean("B"), read.text("Z")]).toEqual([
    "x:y",
    7,
    true,
    undefined,
  ]);
  expect([read.list("L"), read.list("E"), read.list("Z")]).toEqual([["one", "two"], [], undefined]);
  expect([read.structure("S")?.text("Mode"), read.structure("Z")]).toEqual(["off", undefined]);
  expect(read.structures("T")?.map((tag) => tag.required("Key"))).toEqual(["k"]);
});

it("readQuery orders a list by its numbers, not by their digits", () => {
  const members = Array.from({ length: 11 }, (_, index) => `L.member.${index + 1}=${index + 1}`);
  expect(query(members.join("&")).list("L")?.at(-1)).toBe("11");
});

it("readQuery gives a structure back as a tree", () => {
  const read = query("A.member.1.Type=x&A.member.1.C.D=1&A.member.1.L.member.1.V=a&A.member.1.L.member.2=b");
  expect(read.structures("A")?.[0]?.tree()).toEqual({ Type: "x", C: { D: "1" }, L: [{ V: "a" }, "b"] });
});

it.each([
  { name: "a required scalar that is missing", read: () => query("").required("A") },
  { name: "an integer with letters", read: () => query("N=7x").integer("N", 1, 10) },
  { name: "an integer out of bounds", read: () => query("N=0").integer("N", 1, 10) },
  { name: "a boolean in capitals", read: () => query("B=TRUE").boolean("B") },
  { name: "a list without member", read: () => query("L.1=a").list("L") },
  { name: "a list that begins at 0", read: () => query("L.member.0=a").list("L") },
  { name: "structures where values should be", read: () => query("L.member.1.K=a").list("L") },
])("readQuery refuses $name", ({ read }) => {
  expect(read).toThrow(expect.objectContaining({ code: "ValidationError", status: 400 }));
});

it("renderXml escapes, wraps lists in member, and leaves out what is undefined", () => {
  expect(renderXml("R", { A: "<&>\"'\r", L: [1, true], E: [], U: undefined, N: "" }, "member")).toBe(
    "<R><A>&lt;&amp;&gt;&quot;&apos;&#13;</A><L><member>1</member><member>true</member></L><E/><N/></R>",
  );
  expect(renderXml("R", { L: [{ K: "a" }, { K: "\u0001" }], E: [] }, "flat")).toBe(
    "<R><L><K>a</K></L><L><K>?</K></L></R>",
  );
});
