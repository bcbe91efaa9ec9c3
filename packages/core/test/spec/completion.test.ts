import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, "completion.virtual.ts");

/** A specification as somebody types it; `§` stands where completion is asked for. */
const head = `
import type { ToyDoor } from "./cases.ts";
declare const handfast: ToyDoor;
handfast.spec({`;
const trust = `trust: { staff: { anchors: "" }, origin: { anchors: "" } },`;
const identities = `identities: { leaf: { chain: "", key: { secret: "edge-key" } } },`;
const verifiers = `verifiers: { shop: { adapter: "aws.alb", listener: "", mode: "off" } },`;
const presenters = `presenters: { cdn: { adapter: "aws.cloudfront-origin", distribution: "", origin: "", shows: "leaf" } },`;
const populations = `populations: { viewers: { mayShow: { nothing: true } } },`;

let text = "";
let version = 0;
const config = ts.readConfigFile(join(here, "../../../../tsconfig.json"), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, here);
const service = ts.createLanguageService({
  useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
  readDirectory: ts.sys.readDirectory,
  realpath: (path) => ts.sys.realpath?.(path) ?? path,
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: (name) => (name === file ? String(version) : "0"),
  getScriptSnapshot: (name) => {
    if (name === file) return ts.ScriptSnapshot.fromString(text);
    return ts.sys.fileExists(name) ? ts.ScriptSnapshot.fromString(readFileSync(name, "utf8")) : undefined;
  },
  getCurrentDirectory: () => here,
  getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
});

function complete(written: string): string[] {
  const whole = `${head}${written}});`;
  const at = whole.indexOf("§");
  text = whole.replace("§", "");
  version += 1;
  return (service.getCompletionsAtPosition(file, at, {})?.entries ?? []).map(({ name }) => name).sort();
}

test.each<[what: string, written: string, names: readonly string[]]>([
  [
    "a verifier's adapter",
    `${trust} verifiers: { shop: { adapter: "§" } }, links: []`,
    ["aws.alb", "aws.cloudfront-viewer"],
  ],
  [
    "a presenter's adapter",
    `${trust} verifiers: {}, presenters: { a: { adapter: "§" } }, links: []`,
    ["aws.cloudfront-origin", "cloudflare.hostname"],
  ],
  [
    "a mode of the adapter",
    `${trust} verifiers: { shop: { adapter: "aws.alb", listener: "", mode: "§" } }, links: []`,
    ["off", "request", "required"],
  ],
  [
    "a trust",
    `${trust} verifiers: { shop: { adapter: "aws.alb", listener: "", mode: "required", trust: "§" } }, links: []`,
    ["origin", "staff"],
  ],
  [
    "a secret",
    `${trust} identities: { leaf: { chain: "", key: { secret: "§" } } }, verifiers: {}, links: []`,
    ["cdn-key", "edge-key", "probe-key"],
  ],
  [
    "what a presenter shows",
    `${trust} ${identities} verifiers: {}, presenters: { a: { adapter: "cloudflare.hostname", zone: "", hostnames: [], shows: "§" } }, links: []`,
    ["inherited", "leaf", "nothing"],
  ],
  [
    "the source of a link",
    `${trust} ${identities} ${verifiers} ${presenters} ${populations} links: [{ from: "§", to: "shop" }]`,
    ["cdn", "viewers"],
  ],
  [
    "the verifier of a link, written first",
    `links: [{ from: "cdn", to: "§" }], ${trust} ${identities} ${verifiers} ${presenters}`,
    ["shop"],
  ],
  [
    "a consent",
    `${trust} ${identities} ${verifiers} ${presenters} links: [{ from: "cdn", to: "shop", mayRefuse: ["§"] }]`,
    ["leaf", "nothing", "origin", "staff"],
  ],
  [
    "a wave's source",
    `${trust} ${identities} ${verifiers} ${presenters} ${populations} links: [], waves: [{ name: "", from: ["§"] }]`,
    ["cdn", "viewers"],
  ],
  [
    "a population's trust",
    `${trust} verifiers: {}, populations: { viewers: { mayShow: { issuedBy: ["§"], nothing: true } } }, links: []`,
    ["origin", "staff"],
  ],
  [
    "the fields of the adapter",
    `${trust} verifiers: { shop: { adapter: "aws.alb", mode: "required", § } }, links: []`,
    ["evidence", "ignoreExpiry", "listener", "mayDropEarly", "mayMixWaves", "mayWeaken", "trust"],
  ],
])("SpecInput completes %s", (_what, written, names) => {
  expect(complete(written)).toEqual([...names].sort());
});
