import { describe, expect, test } from "vitest";
import { everything, refused, send, setting } from "./api.ts";

const entryPoint = "/rulesets/phases/http_request_firewall_custom/entrypoint";
const configuration = "/rulesets/phases/http_config_settings/entrypoint";

function block(hostname: string): Record<string, unknown> {
  return {
    action: "block",
    expression: `(http.host in {"${hostname}"} and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked))`,
    description: hostname,
  };
}

function names(ruleset: { rules: readonly { description: string }[] }): readonly string[] {
  return ruleset.rules.map(({ description }) => description);
}

describe("cloudflare custom rules", () => {
  test("cloudflare has one ruleset for each phase, and each knows its own rules only", async () => {
    const { call } = setting();
    expect(refused(await call("GET", entryPoint))).toEqual([404, 10003]);
    const body = { name: "waf", kind: "zone", phase: "http_request_firewall_custom", rules: [block("a")] };
    const made = (await call("POST", "/rulesets", body)).body.result;
    expect(made).toMatchObject({ phase: "http_request_firewall_custom", version: "1" });
    expect(made.rules[0]).toMatchObject({ action: "block", enabled: true, version: "1" });
    expect(made.rules[0]).not.toHaveProperty("action_parameters");
    expect(refused(await call("POST", "/rulesets", body))).toEqual([400, 20217]);
    expect(refused(await call("GET", configuration))).toEqual([404, 10003]);
    const rule = { action: "set_config", action_parameters: { ssl: "full" }, expression: "true" };
    await call("PUT", configuration, { rules: [rule] });
    expect((await call("GET", "/rulesets")).body.result).toHaveLength(2);
    expect(refused(await call("POST", `/rulesets/${made.id}/rules`, rule))).toEqual([400, 1000]);
    expect((await call("GET", entryPoint)).body.result).toEqual(made);
  });

  test("cloudflare adds, moves, changes and removes one rule and leaves the others alone", async () => {
    const { call, provider, zone } = setting();
    provider.addCustomRule(zone, { expression: 'ip.src.country eq "XX"', description: "foreign" });
    const { id } = (await call("GET", entryPoint)).body.result;
    const added = await call("POST", `/rulesets/${id}/rules`, {
      ...block("a"),
      ref: "mine",
      position: { before: "" },
    });
    expect(names(added.body.result)).toEqual(["a", "foreign"]);
    const [own, foreign] = added.body.result.rules;
    expect(own.ref).toBe("mine");
    const path = `/rulesets/${id}/rules/${own.id}`;
    const moved = await call("PATCH", path, { position: { after: foreign.id } });
    expect(names(moved.body.result)).toEqual(["foreign", "a"]);
    const changed = await call("PATCH", path, { ...block("b"), enabled: false });
    expect(changed.body.result.rules[1]).toMatchObject({
      id: own.id,
      ref: "mine",
      enabled: false,
      version: "3",
    });
    expect(changed.body.result.version).toBe("4");
    const left = await call("DELETE", path);
    expect(left.body.result.rules).toEqual([foreign]);
  });

  test("cloudflare replaces every rule of the phase by PUT, foreign ones too", async () => {
    const { call, provider, zone } = setting();
    provider.addCustomRule(zone, { expression: "true", description: "foreign" });
    expect(names((await call("PUT", entryPoint, { rules: [block("a")] })).body.result)).toEqual(["a"]);
    expect(provider.inventory(zone).rules).toEqual({
      http_request_firewall_custom: [{ ...block("a"), parameters: {}, enabled: true }],
    });
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["an action of another phase", { action: "set_config" }, 1000],
    ["parameters that its action has not", { action_parameters: { response: {} } }, 1000],
    ["a skip of another ruleset", { action: "skip", action_parameters: { ruleset: "other" } }, 1000],
    ["a blank expression", { expression: "" }, 20125],
    ["an expression that breaks off", { expression: 'http.host eq "a" and' }, 1000],
    ["a field that is not known", { expression: 'http.hots eq "a"' }, 1000],
    ["an operator that is not known", { expression: 'http.host is "a"' }, 1000],
    ["a boolean field that is compared", { expression: "cf.tls_client_auth.cert_verified eq true" }, 1000],
    ["commas in a set", { expression: 'http.host in {"a", "b"}' }, 1000],
  ])("cloudflare refuses a rule with %s", async (_, change, code) => {
    const { call } = setting();
    const answer = await call("PUT", entryPoint, { rules: [{ ...block("a"), ...change }] });
    expect(refused(answer)).toEqual([400, code]);
    expect(refused(await call("GET", entryPoint))).toEqual([404, 10003]);
  });

  test("cloudflare says where an expression can't be read", async () => {
    const { call } = setting();
    const answer = await call("PUT", entryPoint, {
      rules: [{ ...block("a"), expression: "true nor false" }],
    });
    expect(answer.body.errors[0]?.message).toBe(
      "'true nor false' is not a valid value for expression because could not parse filter expression: " +
        "Filter parsing error (1:6): true nor false ^ unrecognised input",
    );
  });

  test("cloudflare takes an expression of 4096 characters and none that is longer", async () => {
    const { call } = setting();
    const long = (length: number) => ({ ...block("a"), expression: `true${" ".repeat(length - 4)}` });
    expect((await call("PUT", entryPoint, { rules: [long(4096)] })).status).toBe(200);
    expect(refused(await call("PUT", entryPoint, { rules: [long(4097)] }))).toEqual([400, 1000]);
  });

  test("cloudflare holds the plan's number of custom rules", async () => {
    const { call } = setting();
    const rules = Array.from({ length: 6 }, (_, index) => block(`h${index}`));
    expect(refused(await call("PUT", entryPoint, { rules }))).toEqual([400, 20217]);
    expect((await call("PUT", entryPoint, { rules: rules.slice(1) })).status).toBe(200);
  });

  test("cloudflare asks for the right of the phase, and lists the rulesets that the caller may read", async () => {
    const { call, provider, zone } = setting();
    const { id } = (await call("PUT", entryPoint, { rules: [block("a")] })).body.result;
    await call("PUT", configuration, {
      rules: [{ action: "set_config", action_parameters: { ssl: "full" }, expression: "true" }],
    });
    for (const [permissions, expected, phases] of [
      [["Config Settings Write"], [403, 403, 403, 403], ["http_config_settings"]],
      [["Zone WAF Read"], [200, 200, 403, 403], ["http_request_firewall_custom"]],
      [["Zone WAF Write"], [200, 200, 200, 200], ["http_request_firewall_custom"]],
      [everything, [200, 200, 200, 200], ["http_config_settings", "http_request_firewall_custom"]],
    ] as const) {
      const headers = { authorization: `Bearer ${provider.addToken({ permissions, zones: "all" })}` };
      const ask = (method: string, path: string, body?: unknown) =>
        send(provider, method, `/zones/${zone}${path}`, { headers, body });
      const answers = [
        await ask("GET", entryPoint),
        await ask("GET", `/rulesets/${id}`),
        await ask("POST", `/rulesets/${id}/rules?dry_run=true`, block("b")),
        await ask("PUT", `${entryPoint}?dry_run=true`, { rules: [] }),
      ];
      expect(answers.map(({ status }) => status)).toEqual(expected);
      const listed = (await ask("GET", "/rulesets")).body.result;
      expect(listed.map(({ phase }: { phase: string }) => phase)).toEqual(phases);
    }
  });
});
