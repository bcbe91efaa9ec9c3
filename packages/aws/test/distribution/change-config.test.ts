import { HandfastError } from "@handfast/core";
import { turnableClock } from "@handfast/testing";
import { describe, expect, it } from "vitest";
import { changeConfig } from "../../src/distribution/change-config.ts";
import type { ConfigDocument } from "../../src/distribution/config-document.ts";
import type { Distributions, RawConfig } from "../../src/distribution/port.ts";

const arn = "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE";

function conflict(): HandfastError {
  return new HandfastError("REMOTE_CONFLICT", "somebody was faster", {
    provider: { code: "PreconditionFailed" },
  });
}

/** One distribution in memory, under a lock as the service has it. */
class OneDistribution implements Pick<Distributions, "config" | "putConfig"> {
  xml = "<DistributionConfig><Comment>a</Comment></DistributionConfig>";
  version = 1;
  puts = 0;
  /** Called between a read and the write that follows. */
  meanwhile: () => void = () => {};

  async config(): Promise<RawConfig> {
    return { xml: this.xml, etag: `E${this.version}` };
  }

  async putConfig(_arn: string, { xml, etag }: RawConfig): Promise<void> {
    this.puts += 1;
    this.meanwhile();
    if (etag !== `E${this.version}`) throw conflict();
    this.set(xml);
  }

  set(xml: string): void {
    this.xml = xml;
    this.version += 1;
  }

  asPort(): Distributions {
    const unused = () => Promise.reject(new Error("not asked for"));
    return {
      read: unused,
      originRequestHeaders: unused,
      tags: unused,
      showing: unused,
      config: () => this.config(),
      putConfig: (at, config) => this.putConfig(at, config),
    };
  }
}

/** Associates a function, unless one is associated. */
function associate(config: ConfigDocument): "changed" | "as-wanted" {
  if (config.connectionFunctionId === "cf_1") return "as-wanted";
  config.setConnectionFunction("cf_1");
  return "changed";
}

function change(distribution: OneDistribution, edit = associate) {
  const clock = turnableClock(0);
  const stop = clock.autoAdvance();
  const { signal } = new AbortController();
  return changeConfig(distribution.asPort(), { arn, edit }, { clock, signal }).finally(stop);
}

const wanted = "<ConnectionFunctionAssociation><Id>cf_1</Id></ConnectionFunctionAssociation>";

describe("changeConfig", () => {
  it("writes what was edited, and then finds it done", async () => {
    const distribution = new OneDistribution();
    expect(await change(distribution)).toBe("changed");
    expect(distribution.xml).toBe(`<DistributionConfig><Comment>a</Comment>${wanted}</DistributionConfig>`);
    expect(await change(distribution)).toBe("as-wanted");
    expect(distribution.puts).toBe(1);
  });

  it("reads again and edits anew when somebody was faster, and keeps what they wrote", async () => {
    const distribution = new OneDistribution();
    let others = 3;
    distribution.meanwhile = () => {
      if (others > 0)
        distribution.set(`<DistributionConfig><Comment>by them ${others--}</Comment></DistributionConfig>`);
    };
    expect(await change(distribution)).toBe("changed");
    expect(distribution.xml).toBe(
      `<DistributionConfig><Comment>by them 1</Comment>${wanted}</DistributionConfig>`,
    );
  });

  it("finds its own write when the answer was lost and the SDK sent it again", async () => {
    const distribution = new OneDistribution();
    distribution.meanwhile = () => {
      if (!distribution.xml.includes("cf_1"))
        distribution.set(`<DistributionConfig>${wanted}</DistributionConfig>`);
    };
    expect(await change(distribution)).toBe("as-wanted");
    expect(distribution.puts).toBe(1);
  });

  it("stops when somebody else changed what it owns, and writes nothing", async () => {
    const distribution = new OneDistribution();
    distribution.meanwhile = () =>
      distribution.set(
        "<DistributionConfig><ConnectionFunctionAssociation><Id>theirs</Id></ConnectionFunctionAssociation></DistributionConfig>",
      );
    const moved = new HandfastError("STEP_MOVED", "it is neither as before nor as planned");
    const edit = (config: ConfigDocument) => {
      if (config.connectionFunctionId === "theirs") throw moved;
      return associate(config);
    };
    await expect(change(distribution, edit)).rejects.toBe(moved);
    expect(distribution.xml).toContain("theirs");
    expect(distribution.puts).toBe(1);
  });

  it("gives up when others write all the time", async () => {
    const distribution = new OneDistribution();
    distribution.meanwhile = () => distribution.set(distribution.xml);
    await expect(change(distribution)).rejects.toMatchObject({ code: "REMOTE_CONFLICT" });
    expect(distribution.puts).toBe(8);
  });

  it("hands other failures on as they are", async () => {
    const distribution = new OneDistribution();
    distribution.meanwhile = () => {
      throw new HandfastError("REMOTE_UNAVAILABLE", "no answer", { outcomeUnknown: true });
    };
    await expect(change(distribution)).rejects.toMatchObject({ code: "REMOTE_UNAVAILABLE" });
    expect(distribution.puts).toBe(1);
  });
});
