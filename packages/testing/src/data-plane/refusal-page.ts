import type { OutgoingHttpHeaders } from "node:http";
import type { EndingRule } from "./visitor-rules.ts";

/** What a visitor gets instead of an answer. */
export interface RefusalPage {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/** The page of an error by number: browsers get HTML, everybody else one line. */
export function errorPage(status: number, code: number): RefusalPage {
  return { status, headers: { "content-type": "text/plain" }, body: `error code: ${code}` };
}

/** What a visitor gets whom a custom rule blocks (support page "Cloudflare 1xxx errors", 1020), or challenges. */
export function rulePage(
  { action }: EndingRule,
  request: { readonly hostname: string; readonly ray: string; readonly accept: string | undefined },
): RefusalPage {
  const challenge = action === "block" ? {} : { "cf-mitigated": "challenge" };
  const own = { server: "cloudflare", "cache-control": "private, no-store", ...challenge };
  if (request.accept?.includes("text/html") !== true) {
    const page = errorPage(403, 1020);
    return { ...page, headers: { ...own, ...page.headers } };
  }
  const title = action === "block" ? "Attention Required! | Cloudflare" : "Just a moment...";
  const said =
    action === "block"
      ? "Sorry, you have been blocked. Error 1020: access denied."
      : "Checking that you are a person.";
  const hostname = request.hostname.replaceAll(/[^a-z0-9.-]/g, "");
  const body = [
    "<!DOCTYPE html>",
    `<html lang="en-US"><head><title>${title}</title></head>`,
    `<body><h1>${said}</h1><p>${hostname}</p><p>Cloudflare Ray ID: ${request.ray}</p></body></html>`,
    "",
  ].join("\n");
  return { status: 403, headers: { ...own, "content-type": "text/html; charset=UTF-8" }, body };
}
