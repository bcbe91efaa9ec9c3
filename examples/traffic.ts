/**
 * Traffic: a rollout, a rotation, a revocation and the rollback of each, while visitors keep coming, with the requests
 * that failed in each. Then the same with probers that lie: what stops the run, what does not, and what it costs.
 *
 * Everything runs on loopback: simulated APIs, real TLS. `--json` prints the figures as one JSON object last.
 */
import { Screen } from "./demo-screen.ts";
import { playActs } from "./traffic-acts.ts";
import { type TaleFigures, tellLies } from "./traffic-lies.ts";
import { makeGenerations } from "./traffic-world.ts";

const screen = new Screen(process.stdout);
const made = await makeGenerations();
// the lies are told in worlds of their own, meanwhile
const [{ acts, ...rest }, lies] = await Promise.all([playActs(screen, made), tellLies(made)]);

screen.title("A prober that lies");
for (const tale of lies) showTale(tale);
screen.line("  What it comes to:\n");
for (const line of [
  "Too kind, and the provider's API knows better: every step waits for that, whatever the prober says. Nobody is refused.",
  "Too kind, and only the servers know better: the prober is believed, and the run ends in an outage, unless somebody else looks at what the servers do. What reaches the application, what the load balancer logs, and another prober at the load balancer itself each stopped it before anybody was refused.",
  "Who only counts failures comes too late: before a verifier refuses, there are none, and once it does, the run is over.",
  "Too strict: it costs the change, and no request. A way back that only opens goes to its end; one that must narrow stops before that, with everybody served, until an honest prober goes on with it.",
  "Never sure: the run is held with everybody served, and nothing is taken back until somebody says so.",
])
  screen.line(`  - ${line}`);

screen.title("Requests of visitors, served and failed");
const width = Math.max(...acts.map(({ name }) => name.length));
for (const { name, served, failed } of acts) {
  const line = `${name.padEnd(width)} ${String(served).padStart(5)} served  ${String(failed).padStart(5)} failed`;
  screen.line(`  ${screen.paint(failed === 0 ? "green" : "red", line)}`);
}
screen.line(
  `\n  afterwards everything ${rest.restored ? "is" : "is NOT"} as before, and once retired nothing ${rest.clearedUp ? "is" : "IS"} left over\n`,
);
if (process.argv.includes("--json")) screen.line(JSON.stringify({ acts, ...rest, lies }));
const isWell =
  acts.every(({ failed }) => failed === 0) &&
  rest.handshakes.every(({ ok }) => ok) &&
  lies.every(({ status, failed }) => status === "done" || failed === 0) &&
  [rest, ...lies.map(({ asBefore: restored, clearedUp }) => ({ restored, clearedUp }))].every(
    ({ restored, clearedUp }) => restored && clearedUp,
  );
if (!isWell) process.exitCode = 1;

function showTale(tale: TaleFigures): void {
  const { lie, act, world, witness, served, failed, status, stoppedAt, code, message, back, asBefore } = tale;
  screen.line(`  ${screen.paint("bold", lie)}, ${act}: ${world}`);
  screen.line(`    who else looks  ${witness}`);
  screen.line(
    stoppedAt === null
      ? `    stopped at      ${failed === 0 ? "nothing, and nothing was to be stopped" : screen.paint("red", "nothing: the run ended done, and visitors were refused until it was taken back")}`
      : `    stopped at      ${stoppedAt}\n    said            ${code}: ${message}`,
  );
  const requests = screen.paint(failed === 0 ? "green" : "red", `${served} served, ${failed} failed`);
  screen.line(`    requests        ${requests}`);
  screen.line(
    `    taken back      ${back}: ${asBefore ? "all as before" : "NOT as before"} (the run: ${status})\n`,
  );
}
