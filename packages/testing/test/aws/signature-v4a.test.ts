import { expect, it } from "vitest";
import { publicKeyOf } from "../../src/aws/signature-v4a.ts";

it("publicKeyOf derives what AWS publishes for its example key", () => {
  const key = {
    accessKeyId: "AKISORANDOMAASORANDOM",
    secretAccessKey: "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom",
  };
  const { x = "", y = "" } = publicKeyOf(key).export({ format: "jwk" });
  expect([x, y].map((part) => Buffer.from(part, "base64url").toString("hex"))).toEqual([
    "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb",
    "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0",
  ]);
});
