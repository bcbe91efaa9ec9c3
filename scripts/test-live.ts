/**
 * `pnpm test:live`: the conformance suites on real accounts. Off without credentials: then it says what is missing
 * and ends well, so that it can stand in any script.
 */
import { runCommand } from "./run-command.ts";
import { listFiles, root } from "./workspace.ts";

/** The credentials that each provider's live suites read; one of the groups must be set whole. */
const credentials: Readonly<Record<string, readonly (readonly string[])[]>> = {
  aws: [["AWS_PROFILE"], ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], ["AWS_WEB_IDENTITY_TOKEN_FILE"]],
  cloudflare: [["CLOUDFLARE_API_TOKEN"], ["CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY"]],
};

const isSet = (name: string): boolean => (process.env[name] ?? "") !== "";

const ready: string[] = [];
for (const [provider, groups] of Object.entries(credentials)) {
  const files = listFiles(`packages/${provider}/test/live/**/*.live.ts`);
  const wanted = groups.map((group) => group.join(" and ")).join(", or ");
  if (files.length === 0) process.stdout.write(`${provider}: off, there are no live suites yet\n`);
  else if (!groups.some((group) => group.every(isSet)))
    process.stdout.write(`${provider}: off, no credentials; set ${wanted}\n`);
  else ready.push(...files);
}

if (ready.length > 0) {
  process.env.HANDFAST_LIVE = "1";
  const names = ready.map((file) => file.slice(root.length + 1));
  const { ok } = await runCommand("vitest", ["run", ...names], { output: "inherit" });
  process.exitCode = ok ? 0 : 1;
}
