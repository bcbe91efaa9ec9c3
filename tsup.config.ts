import { defineConfig } from "tsup";

const packages = ["core", "pki", "aws", "cloudflare", "testing"] as const;

export default defineConfig(
  packages.map((name) => ({
    name,
    entry: [`packages/${name}/src/**/*.ts`],
    outDir: `packages/${name}/dist`,
    format: "esm" as const,
    target: "node20",
    platform: "node" as const,
    bundle: false,
    clean: true,
    dts: false,
    silent: true,
  })),
);
