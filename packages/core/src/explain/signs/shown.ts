import { notShownCauses, shownCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

/** Whether a certificate was shown, and what was seen of it behind the edge. */
export const shownSigns: readonly Sign[] = [
  {
    mark: "shown",
    is: true,
    seen: "the client showed a certificate",
    points: {},
    rulesOut: notShownCauses,
    sources: ["RFC 8446, 4.4.2"],
  },
  {
    mark: "shown",
    is: false,
    seen: "the client showed no certificate",
    points: {},
    rulesOut: shownCauses,
    sources: ["RFC 8446, 4.4.2"],
  },
  {
    mark: "seenBehind",
    is: "nothing",
    seen: "the application answered, and tells of no certificate",
    points: { "older-connection": 4, "edge-shows-nothing": 3, "echo-missing": 3 },
    hop: "edge-to-origin",
    sources: ["handfast: packages/pki/src/probe/judge-seen.ts"],
  },
  {
    mark: "seenBehind",
    is: "another",
    seen: "the application answered, and saw another certificate",
    points: { "older-connection": 4, "edge-shows-another": 3 },
    hop: "edge-to-origin",
    sources: ["handfast: packages/pki/src/probe/judge-seen.ts"],
  },
  {
    mark: "seenBehind",
    is: "cached",
    seen: "a cache answered, so nothing came to the verifier",
    points: { "cached-answer": 7 },
    hop: "client-to-edge",
    sources: ["RFC 9111, 5.1", "handfast: packages/pki/src/probe/read-cache.ts"],
  },
  {
    mark: "seenBehind",
    is: "older",
    seen: "the request came over a connection that is older than the proof",
    points: { "older-connection": 7 },
    hop: "edge-to-origin",
    sources: ["handfast: packages/pki/src/probe/judge-behind.ts"],
  },
];
