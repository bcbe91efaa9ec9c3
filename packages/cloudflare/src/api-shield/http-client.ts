import { z } from "zod";
import type { CallContext, CloudflareHttp, CloudflareRequest } from "../cloudflare-http.ts";
import { type Operation, refusalOf } from "../translate-error.ts";
import { zoneReads } from "../zone-reads.ts";
import type { ApiShieldPort, FirewallRule, RuleText } from "./port.ts";

const phase = "http_request_firewall_custom";

const authorityRow = z.object({
  id: z.string(),
  name: z.string().nullish(),
  ca: z.boolean().nullish(),
  type: z.string().nullish(),
  certificates: z.string().nullish(),
});
const hostnameList = z.object({ hostnames: z.array(z.string()).nullish() }).nullish();
const ruleRow = z.object({
  id: z.string(),
  ref: z.string().nullish(),
  action: z.string().nullish(),
  action_parameters: z
    .object({
      ruleset: z.string().nullish(),
      phases: z.array(z.string()).nullish(),
      rulesets: z.array(z.string()).nullish(),
    })
    .nullish(),
  expression: z.string().nullish(),
  description: z.string().nullish(),
  enabled: z.boolean().nullish(),
});
const ruleset = z.object({ id: z.string(), rules: z.array(ruleRow).nullish() });
/** The port over HTTP. `adapter` stands in errors. */
export function httpClient(http: CloudflareHttp, adapter: string): ApiShieldPort {
  const inZone = (
    operation: Operation,
    zone: string,
    path: string,
    more: Partial<CloudflareRequest> = {},
  ): CloudflareRequest => ({
    adapter,
    operation,
    zone,
    path: `zones/${encodeURIComponent(zone)}${path}`,
    ...more,
  });
  const inAccount = (
    operation: Operation,
    account: string,
    path: string,
    more: Partial<CloudflareRequest> = {},
  ): CloudflareRequest => ({
    adapter,
    operation,
    account,
    path: `accounts/${encodeURIComponent(account)}/mtls_certificates${path}`,
    ...more,
  });
  const lists = "/certificate_authorities/hostname_associations";
  const ruleBody = (rule: RuleText) => ({ action: "block", ...rule });
  const write = async (request: CloudflareRequest, call: CallContext): Promise<void> => {
    await http.send(request, z.unknown(), call);
  };

  return {
    ...zoneReads(http, adapter),
    async listAuthorities(account, call) {
      const rows = await http.list(inAccount("listAuthorities", account, ""), authorityRow, call);
      return rows.map(({ id, name, ca, type, certificates }) => ({
        id,
        name: name ?? "",
        ca: ca === true,
        type: type ?? "custom",
        pem: certificates ?? undefined,
      }));
    },
    async listServices(account, id, call) {
      try {
        const path = `/${encodeURIComponent(id)}/associations`;
        const row = z.object({ service: z.string().nullish() });
        const rows = await http.list(inAccount("listAuthorityServices", account, path), row, call);
        return rows.map(({ service }) => service ?? "unknown");
      } catch (error) {
        if (refusalOf(error) === "gone") return [];
        throw error;
      }
    },
    uploadAuthority(account, { name, pem }, call) {
      const body = { ca: true, certificates: pem, name };
      return write(inAccount("uploadAuthority", account, "", { body }), call);
    },
    deleteAuthority(account, id, call) {
      const path = `/${encodeURIComponent(id)}`;
      return write(inAccount("deleteAuthority", account, path, { certificate: id }), call);
    },
    async readHostnames(zone, authority, call) {
      const query = authority === "managed" ? {} : { query: { mtls_certificate_id: authority } };
      const answer = await http.send(inZone("readClientHostnames", zone, lists, query), hostnameList, call);
      return (answer?.hostnames ?? []).map((hostname) => hostname.toLowerCase());
    },
    putHostnames(zone, authority, hostnames, call) {
      const body = { hostnames, ...(authority === "managed" ? {} : { mtls_certificate_id: authority }) };
      return write(inZone("putClientHostnames", zone, lists, { body, certificate: authority }), call);
    },
    async readRules(zone, call) {
      try {
        const path = `/rulesets/phases/${phase}/entrypoint`;
        const { id, rules } = await http.send(inZone("readFirewallRules", zone, path), ruleset, call);
        return { id, rules: (rules ?? []).map(toRule) };
      } catch (error) {
        if (refusalOf(error) === "gone") return { id: undefined, rules: [] };
        throw error;
      }
    },
    addRule(zone, id, rule, call) {
      if (id === undefined) {
        const body = { name: "default", kind: "zone", phase, rules: [ruleBody(rule)] };
        return write(inZone("createFirewallRules", zone, "/rulesets", { body }), call);
      }
      const body = { ...ruleBody(rule), position: { index: 1 } };
      return write(
        inZone("addFirewallRule", zone, `/rulesets/${encodeURIComponent(id)}/rules`, { body }),
        call,
      );
    },
    changeRule(zone, id, ruleId, rule, call) {
      const body = { ...ruleBody(rule), position: { index: 1 } };
      return write(inZone("changeFirewallRule", zone, rulePath(id, ruleId), { body }), call);
    },
    deleteRule(zone, id, ruleId, call) {
      return write(inZone("deleteFirewallRule", zone, rulePath(id, ruleId)), call);
    },
  };
}

function rulePath(ruleset: string, rule: string): string {
  return `/rulesets/${encodeURIComponent(ruleset)}/rules/${encodeURIComponent(rule)}`;
}

function toRule(row: z.infer<typeof ruleRow>): FirewallRule {
  const { ruleset, phases } = row.action_parameters ?? {};
  return {
    id: row.id,
    ref: row.ref ?? row.id,
    action: row.action ?? "",
    expression: row.expression ?? "",
    description: row.description ?? "",
    enabled: row.enabled !== false,
    skipsRuleset: ruleset === "current" || phases?.includes(phase) === true,
  };
}
