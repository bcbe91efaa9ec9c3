import { causes } from "../../src/explain/causes/all.ts";
import { certificateCauses } from "../../src/explain/causes/certificate.ts";
import { connectionCauses } from "../../src/explain/causes/connection.ts";
import { edgeCauses } from "../../src/explain/causes/edge.ts";
import { signs } from "../../src/explain/signs/all.ts";
import type { Sign } from "../../src/explain/signs/sign.ts";

const areas = [
  ["TLS alerts", ["alert"]],
  ["Errors of sockets", ["errno"]],
  ["HTTP", ["httpStatus"]],
  ["HTTP/2", ["http2"]],
  ["curl", ["curl"]],
  ["Browsers", ["browser"]],
  ["OpenSSL and Node", ["openssl"]],
  ["Connection logs of Application Load Balancers and of CloudFront", ["connectionLog"]],
  ["Probes of handfast", ["probe", "asked", "shown", "seenBehind"]],
] as const;

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function row({ mark, is, given = {}, seen, points, sources }: Sign): string {
  const codes = Object.entries(points)
    .sort(([, a], [, b]) => b - a)
    .map(([code, number]) => `[${code}](#${code}) ${number}`);
  const also = Object.entries(given).map(([field, value]) => `${field} ${value}`);
  const what = [`${mark} \`${is}\``, ...also].join(", ");
  return `| ${cell(what)} | ${cell(seen)} | ${codes.join(", ") || "rules out only"} | ${cell(sources.join("; "))} |`;
}

function chapter([title, marks]: (typeof areas)[number]): string {
  const rows = signs.filter(({ mark }) => (marks as readonly string[]).includes(mark)).map(row);
  return [
    `## ${title}`,
    "",
    "| sign | seen | points at | known from |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function describeCauses(title: string, codes: readonly string[]): string {
  const parts = codes.map((code) => {
    const { what, check, mend, sources } = causes[code as keyof typeof causes];
    return `#### ${code}\n\n${what}\n\n- Check: ${check}\n- Mend: ${mend}\n- Known from: ${sources.join("; ")}\n`;
  });
  return `### ${title}\n\n${parts.join("\n")}`;
}

/** The page of docs/ that shows the tables of `explain`. */
export function symptomsPage(): string {
  return `# Symptoms

What a failed handshake or request may mean, and what to do. This is the data behind \`explain()\` of \`@handfast/core\`; the page is made from it by \`packages/core/test/explain/symptoms-page.test.ts\`, which fails when the two differ.

\`\`\`ts
import { explain } from "@handfast/core";

export const { symptom, causes } = explain({ alert: 48, protocol: "TLSv1.3" });
// pasted output, a log line or an error's text does too
export const pasted = explain({ text: "curl: (56) OpenSSL SSL_read: tlsv13 alert certificate required, errno 0" });
\`\`\`

Points: 6 and more, it is said outright; 4, the usual reason; 2, often; 1, it may be. What fits is added up, so give all that is known of one failure at once. UNVERIFIED stands wherever a provider documents nothing and nobody has looked.

${areas.map(chapter).join("\n")}
## The causes

${describeCauses("The client's certificate", Object.keys(certificateCauses))}
${describeCauses("The connection and the server", Object.keys(connectionCauses))}
${describeCauses("Edges, and what is behind them", Object.keys(edgeCauses))}
${describeCauses("None of these", ["not-known"])}`;
}
