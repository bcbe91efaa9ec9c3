import { z } from "zod";
import type { CallContext, CloudflareHttp, CloudflareRequest } from "../cloudflare-http.ts";
import type { SslPort, SslRule, SslRuleText } from "../hostname/port.ts";
import { type Operation, refusalOf } from "../translate-error.ts";

const phase = "http_config_settings";
const ruleset = z.object({
  id: z.string(),
  rules: z
    .array(
      z.object({
        id: z.string().nullish(),
        ref: z.string().nullish(),
        action: z.string().nullish(),
        action_parameters: z.record(z.string(), z.unknown()).nullish(),
        expression: z.string().nullish(),
        description: z.string().nullish(),
        enabled: z.boolean().nullish(),
      }),
    )
    .nullish(),
});

/** The part of the port that is about the SSL mode. Source: API reference, "Rulesets" and "Zone Settings". */
export function sslClient(http: CloudflareHttp, adapter: string): SslPort {
  const write = async (
    operation: Operation,
    zone: string,
    path: string,
    body: CloudflareRequest["body"],
    call: CallContext,
  ): Promise<void> => {
    const at = `zones/${encodeURIComponent(zone)}${path}`;
    const request = { adapter, operation, zone, path: at, ...(body === undefined ? {} : { body }) };
    await http.send(request, z.unknown(), call);
  };
  const rulesOf = (id: string): string => `/rulesets/${encodeURIComponent(id)}/rules`;

  return {
    async readSslRules(zone, call) {
      const path = `zones/${encodeURIComponent(zone)}/rulesets/phases/${phase}/entrypoint`;
      try {
        const request = { adapter, operation: "readConfigRules", zone, path } as const;
        const { id, rules } = await http.send(request, ruleset, call);
        return { ruleset: id, rules: (rules ?? []).flatMap(toSslRule) };
      } catch (error) {
        if (refusalOf(error) === "gone") return { ruleset: undefined, rules: [] };
        throw error;
      }
    },
    addSslRule(zone, id, rule, call) {
      if (id !== undefined) return write("addConfigRule", zone, rulesOf(id), toBody(rule), call);
      const body = { name: "default", kind: "zone", phase, rules: [toBody(rule)] };
      return write("createConfigRules", zone, "/rulesets", body, call);
    },
    changeSslRule(zone, { ruleset: id, id: rule }, text, call) {
      return write(
        "changeConfigRule",
        zone,
        `${rulesOf(id)}/${encodeURIComponent(rule)}`,
        toBody(text),
        call,
      );
    },
    deleteSslRule(zone, { ruleset: id, id: rule }, call) {
      return write("deleteConfigRule", zone, `${rulesOf(id)}/${encodeURIComponent(rule)}`, undefined, call);
    },
    writeSslMode(zone, mode, call) {
      return write("writeSetting", zone, "/settings/ssl", { value: mode }, call);
    },
  };
}

function toBody({ ref, expression, description, ssl }: SslRuleText) {
  return { ref, expression, description, action: "set_config", action_parameters: { ssl }, enabled: true };
}

function toSslRule(rule: NonNullable<z.infer<typeof ruleset>["rules"]>[number]): SslRule[] {
  const { id, ref, action, action_parameters: parameters, expression, description, enabled } = rule;
  const ssl = parameters?.ssl;
  if (action !== "set_config" || typeof ssl !== "string") return [];
  return [
    {
      id: id ?? "",
      ref: ref ?? "",
      ssl,
      expression: expression ?? "",
      description: description ?? "",
      enabled: enabled !== false,
      alone: Object.keys(parameters ?? {}).length === 1,
    },
  ];
}
