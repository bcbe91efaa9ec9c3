import { describe, expect, test } from "vitest";
import { readExpression } from "../../src/cloudflare/configuration-rules/read-expression.ts";
import { refused, setting } from "./api.ts";

const entryPoint = "/rulesets/phases/http_config_settings/entrypoint";

function rule(hostname: string, ssl = "full"): Record<string, unknown> {
  return {
    action: "set_config",
    action_parameters: { ssl },
    expression: `(http.host eq "${hostname}")`,
    description: hostname,
  };
}

function names(ruleset: { rules: readonly { description: string }[] }): readonly string[] {
  return ruleset.rules.map(({ description }) => description);
}

describe("readExpression", () => {
  test.each<[string, "yes" | "no" | "unknown"]>([
    ["true", "yes"],
    ["false", "no"],
    ['(http.host eq "a.example.com")', "yes"],
    ['http.host == "a.example.com"', "yes"],
    ['http.host eq "b.example.com"', "no"],
    ['http.host ne "b.example.com"', "yes"],
    ['http.host in {"b.example.com" "a.example.com"}', "yes"],
    ["http.host in {}", "no"],
    ['ends_with(http.host, ".example.com")', "yes"],
    ['starts_with(http.host, "b")', "no"],
    ['http.host eq "x" or http.host eq "a.example.com"', "yes"],
    ['http.host eq "x" or true and false', "no"],
    ['(http.host eq "x" or true) and not false', "yes"],
    ['http.host eq "x" && true', "no"],
    ['ip.src.country eq "GB"', "unknown"],
    ['ip.src.country eq "GB" and http.host eq "b.example.com"', "no"],
    ['ip.src.country in {"GB"} or http.host eq "a.example.com"', "yes"],
    ['http.request.uri.path contains "x" and http.host eq "a.example.com"', "unknown"],
    ['not ip.src.country eq "GB"', "unknown"],
    ["ip.src in $list", "unknown"],
    ["(true", "unknown"],
    ["true true", "unknown"],
    ["http.host eq", "unknown"],
    ["", "unknown"],
  ])("readExpression reads %s as %s", (expression, applies) => {
    expect(readExpression(expression, "a.example.com")).toBe(applies);
  });
});

describe("cloudflare configuration rules", () => {
  test("cloudflare has no entry point before the first rule", async () => {
    const { call } = setting();
    expect(refused(await call("GET", entryPoint))).toEqual([404, 10003]);
    expect((await call("GET", "/rulesets")).body.result).toEqual([]);
  });

  test("cloudflare makes the one ruleset of the phase, and refuses a second", async () => {
    const { call } = setting();
    const body = { name: "rules", kind: "zone", phase: "http_config_settings", rules: [rule("a")] };
    const made = await call("POST", "/rulesets", body);
    expect(made.body.result).toMatchObject({ kind: "zone", phase: "http_config_settings", version: "1" });
    expect((await call("GET", entryPoint)).body.result).toEqual(made.body.result);
    expect(refused(await call("POST", "/rulesets", body))).toEqual([400, 20217]);
  });

  test("cloudflare replaces every rule of the phase by PUT, foreign ones too", async () => {
    const { call, provider, zone } = setting();
    const foreign = provider.addConfigurationRule(zone, {
      expression: "true",
      ssl: "full",
      description: "foreign",
    });
    const kept = await call("PUT", entryPoint, {
      rules: [{ id: foreign.id, ...rule("foreign") }, rule("a")],
    });
    expect(kept.body.result.rules[0].id).toBe(foreign.id);
    const replaced = await call("PUT", entryPoint, { rules: [rule("b")] });
    expect(names(replaced.body.result)).toEqual(["b"]);
    expect(replaced.body.result.version).toBe("3");
  });

  test("cloudflare adds, changes, moves and removes one rule and leaves the others alone", async () => {
    const { call, provider, zone } = setting();
    provider.addConfigurationRule(zone, { expression: "true", ssl: "full", description: "foreign" });
    const { id } = (await call("GET", entryPoint)).body.result;
    const added = await call("POST", `/rulesets/${id}/rules`, rule("a", "strict"));
    expect(names(added.body.result)).toEqual(["foreign", "a"]);
    const own = added.body.result.rules[1];
    expect(own).toMatchObject({ action: "set_config", action_parameters: { ssl: "strict" }, enabled: true });
    const path = `/rulesets/${id}/rules/${own.id}`;
    const moved = await call("PATCH", path, { position: { before: "" } });
    expect(moved.body.result.rules[0]).toMatchObject({
      id: own.id,
      expression: own.expression,
      version: "2",
    });
    const left = await call("DELETE", path);
    expect(names(left.body.result)).toEqual(["foreign"]);
    expect(refused(await call("DELETE", path))).toEqual([404, 10003]);
  });

  test("cloudflare replaces a rule as a whole by PATCH: what is left out is as in a new one", async () => {
    const { call } = setting();
    const rules = [{ ...rule("a"), enabled: false, ref: "mine" }];
    const { id, rules: made } = (await call("PUT", entryPoint, { rules })).body.result;
    const path = `/rulesets/${id}/rules/${made[0].id}`;
    expect(refused(await call("PATCH", path, { enabled: false }))).toEqual([400, 1000]);
    expect(
      refused(await call("PATCH", path, { action: "set_config", action_parameters: { ssl: "full" } })),
    ).toEqual([400, 20125]);
    const { description: _, ...bare } = rule("b");
    const changed = await call("PATCH", path, bare);
    const [written] = changed.body.result.rules;
    expect(written).toMatchObject({
      id: made[0].id,
      ref: "mine",
      enabled: true,
      description: "",
      version: "2",
    });
    expect(written.expression).toBe(bare.expression);
  });

  test.each<[string, Record<string, unknown>, readonly string[] | undefined]>([
    ["index 1", { index: 1 }, ["new", "a", "b"]],
    ["index 2", { index: 2 }, ["a", "new", "b"]],
    ["an empty after", { after: "" }, ["a", "b", "new"]],
    ["two members", { index: 1, after: "" }, undefined],
    ["no member", {}, undefined],
    ["an unknown rule", { before: "0".repeat(32) }, undefined],
  ])("cloudflare places a rule by %s", async (_, position, order) => {
    const { call } = setting();
    const { id } = (await call("PUT", entryPoint, { rules: [rule("a"), rule("b")] })).body.result;
    const answer = await call("POST", `/rulesets/${id}/rules`, { ...rule("new"), position });
    if (order === undefined) expect(refused(answer)).toEqual([400, 1000]);
    else expect(names(answer.body.result)).toEqual(order);
  });

  test.each<[string, Record<string, unknown>, number?]>([
    ["another action", { action: "block" }],
    ["an unknown SSL mode", { action_parameters: { ssl: "on" } }],
    ["no parameters", { action_parameters: {} }],
    ["no action", { action: undefined }],
    ["no expression", { expression: " " }, 20125],
    ["an expression of more than 4096 characters", { expression: `true${" ".repeat(4093)}` }],
  ])("cloudflare refuses a rule with %s, and keeps what was there", async (_, change, code = 1000) => {
    const { call } = setting();
    await call("PUT", entryPoint, { rules: [rule("a")] });
    expect(refused(await call("PUT", entryPoint, { rules: [{ ...rule("b"), ...change }] }))).toEqual([
      400,
      code,
    ]);
    expect(names((await call("GET", entryPoint)).body.result)).toEqual(["a"]);
  });

  test("cloudflare holds the plan's number of rules", async () => {
    const { call } = setting();
    const rules = Array.from({ length: 11 }, (_, index) => rule(`h${index}`));
    expect(refused(await call("PUT", entryPoint, { rules }))).toEqual([400, 20217]);
    expect((await call("PUT", entryPoint, { rules: rules.slice(1) })).status).toBe(200);
  });

  test("cloudflare writes nothing in a dry run", async () => {
    const { call } = setting();
    const tried = await call("PUT", `${entryPoint}?dry_run=true`, { rules: [rule("a")] });
    expect(names(tried.body.result)).toEqual(["a"]);
    expect((await call("GET", entryPoint)).status).toBe(404);
  });
});
