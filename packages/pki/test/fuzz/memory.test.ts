import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const megabyte = 1024 * 1024;

it("no reader takes more memory than 20 times a hostile file, and 2 MB", { timeout: 300_000 }, () => {
  const bytes = 2 * megabyte;
  const script = fileURLToPath(new URL("measure.ts", import.meta.url));
  const said = execFileSync(
    process.execPath,
    ["--conditions=@handfast/source", "--expose-gc", script, `${bytes}`],
    { encoding: "utf8", maxBuffer: megabyte },
  );
  const { worst } = JSON.parse(said) as { worst: Readonly<Record<string, number>> };
  const over = Object.entries(worst).filter(([, taken]) => taken > 20 * bytes + 2 * megabyte);
  expect(Object.fromEntries(over)).toEqual({});
  expect(Object.keys(worst).length).toBeGreaterThan(100);
});
