import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { addressOf, isS3Host } from "../../src/aws/s3/address.ts";
import { readBody } from "../../src/aws/s3/checksums.ts";

const sha256 = (body: string) => createHash("sha256").update(body).digest("hex");
const put = (body: string, headers: Record<string, string>) =>
  readBody(new Request("http://127.0.0.1/b/k", { method: "PUT", body, headers }));

const streaming = {
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "x-amz-decoded-content-length": "5",
  "x-amz-trailer": "x-amz-checksum-crc32",
};

it("readBody unpacks chunks, with and without signatures in them", async () => {
  const trailer = "x-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  for (const body of [
    `3\r\nhel\r\n2\r\nlo\r\n0\r\n${trailer}`,
    `5;chunk-signature=abc\r\nhello\r\n0;chunk-signature=def\r\n${trailer}`,
  ]) {
    const { bytes, checksum } = await put(body, streaming);
    expect([new TextDecoder().decode(bytes), checksum]).toEqual([
      "hello",
      { algorithm: "CRC32", value: "NhCmhg==" },
    ]);
  }
});

it.each([
  {
    name: "a body that is not the signed one",
    body: "hello",
    headers: { "x-amz-content-sha256": sha256("other") },
    code: "XAmzContentSHA256Mismatch",
  },
  { name: "a body without a payload hash", body: "hello", headers: {}, code: "InvalidRequest" },
  {
    name: "an MD5 that is wrong",
    body: "hello",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" },
    code: "BadDigest",
  },
  {
    name: "two checksums",
    body: "hello",
    headers: {
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-checksum-crc32": "NhCmhg==",
      "x-amz-checksum-sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    },
    code: "InvalidRequest",
  },
  {
    name: "an algorithm without its checksum",
    body: "hello",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-sdk-checksum-algorithm": "CRC32" },
    code: "InvalidRequest",
  },
  {
    name: "another algorithm than announced",
    body: "hello",
    headers: {
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-sdk-checksum-algorithm": "SHA256",
      "x-amz-checksum-crc32": "NhCmhg==",
    },
    code: "InvalidRequest",
  },
  {
    name: "an algorithm that is not simulated",
    body: "hello",
    headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-checksum-xxhash3": "AAAA" },
    code: "NotImplemented",
  },
  { name: "chunks cut short", body: "5\r\nhel", headers: streaming, code: "IncompleteBody" },
  { name: "chunks without an end", body: "5\r\nhello\r\n", headers: streaming, code: "IncompleteBody" },
  {
    name: "chunks of another length than announced",
    body: "3\r\nhel\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
    headers: streaming,
    code: "IncompleteBody",
  },
  {
    name: "chunks without the trailer that was announced",
    body: "5\r\nhello\r\n0\r\n\r\n",
    headers: streaming,
    code: "InvalidRequest",
  },
  {
    name: "chunks whose trailer is wrong",
    body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    headers: streaming,
    code: "BadDigest",
  },
])("readBody refuses $name with $code", async ({ body, headers, code }) => {
  await expect(put(body, headers as Record<string, string>)).rejects.toMatchObject({ code });
});

it.each([
  {
    url: "https://box.s3.eu-west-1.amazonaws.com/a%20b/c+d?versionId=1",
    bucket: "box",
    key: "a b/c+d",
    region: "eu-west-1",
  },
  {
    url: "https://my.dotted.bucket.s3.eu-west-1.amazonaws.com/k",
    bucket: "my.dotted.bucket",
    key: "k",
    region: "eu-west-1",
  },
  { url: "https://s3.eu-west-1.amazonaws.com/box/k", bucket: "box", key: "k", region: "eu-west-1" },
  { url: "https://box.s3.dualstack.eu-west-1.amazonaws.com/k", bucket: "box", key: "k", region: "eu-west-1" },
  { url: "https://box.s3.amazonaws.com/", bucket: "box", key: "", region: "us-east-1" },
  { url: "https://s3-us-gov-west-1.amazonaws.com/box", bucket: "box", key: "", region: "us-gov-west-1" },
  { url: "http://127.0.0.1:8080/box/", bucket: "box", key: "", region: undefined },
  { url: "http://box.localhost:8080/a/b", bucket: "box", key: "a/b", region: undefined },
])("addressOf reads $url", ({ url, ...address }) => {
  expect(addressOf(new URL(url))).toEqual(address);
});

it("isS3Host knows S3's hosts from others", () => {
  expect(isS3Host("box.s3.eu-west-1.amazonaws.com")).toBe(true);
  for (const host of [
    "elasticloadbalancing.eu-west-1.amazonaws.com",
    "s3.eu-west-1.amazonaws.com.example",
    "xs3.amazonaws.com",
  ]) {
    expect(isS3Host(host), host).toBe(false);
  }
});
