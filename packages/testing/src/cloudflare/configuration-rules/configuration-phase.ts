import type { Phase } from "../rulesets/phase.ts";
import { refusals } from "../rulesets/refusals.ts";
import { sslModes } from "../zones/models.ts";

/** Configuration Rules: settings for the requests that a rule matches. Any expression is stored. */
export const configurationPhase: Phase = {
  name: "http_config_settings",
  reads: ["Config Settings Read", "Config Settings Write"],
  writes: ["Config Settings Write"],
  mostRules: { free: 10, pro: 25, business: 50, enterprise: 300 },
  settlingMs: () => 0,
  refuseAction: (action, parameters) => {
    const valid =
      action === "set_config" &&
      Object.keys(parameters).length > 0 &&
      (!("ssl" in parameters) || sslModes.some((mode) => mode === parameters.ssl));
    return valid ? undefined : refusals.ruleInvalid;
  },
  refuseExpression: () => undefined,
};
