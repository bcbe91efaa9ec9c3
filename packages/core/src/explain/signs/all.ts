import { alertSigns } from "./alerts.ts";
import { browserSigns } from "./browser.ts";
import { connectionLogSigns } from "./connection-logs.ts";
import { curlSigns, http2Signs } from "./curl.ts";
import { errnoSigns } from "./errno.ts";
import { httpSigns } from "./http.ts";
import { opensslSigns } from "./openssl.ts";
import { probeSigns } from "./probe.ts";
import { shownSigns } from "./shown.ts";
import type { Sign } from "./sign.ts";

/** Every row of the tables. */
export const signs: readonly Sign[] = [
  ...connectionLogSigns,
  ...opensslSigns,
  ...alertSigns,
  ...httpSigns,
  ...browserSigns,
  ...http2Signs,
  ...curlSigns,
  ...errnoSigns,
  ...probeSigns,
  ...shownSigns,
];
