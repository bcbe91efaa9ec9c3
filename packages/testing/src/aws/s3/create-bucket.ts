import { readBody } from "./checksums.ts";
import type { S3Models } from "./models.ts";
import { readDocument } from "./read-document.ts";
import { refuse } from "./refusals.ts";

/** A request for a bucket that may not be there yet. */
export interface CreateCall {
  readonly request: Request;
  readonly models: S3Models;
  readonly name: string;
  /** The endpoint's region. */
  readonly region: string;
  /** The account that calls. */
  readonly account: string;
}

/** Regions by their names as location constraints: us-east-1 has none, and one has an old name too. */
const regionOf = (constraint: string): string => (constraint === "EU" ? "eu-west-1" : constraint);

/**
 * CreateBucket (S3 API Reference, "CreateBucket"). At an endpoint of a region a bucket is made in that region and no
 * other; at the global endpoint anywhere. What a new bucket begins with is what S3 begins with: no public access, no
 * versions, no ACLs.
 */
export async function createBucket(call: CreateCall): Promise<Response> {
  const { request, models, name, account } = call;
  checkName(name);
  checkOwnership(request.headers);
  const region = await readRegion(call);
  const there = models.bucket(name);
  if (there !== undefined) {
    if (there.owner !== account) throw refuse("BucketAlreadyExists", { fields: { BucketName: name } });
    if (there.region !== "us-east-1" || region !== "us-east-1") {
      throw refuse("BucketAlreadyOwnedByYou", { fields: { BucketName: name } });
    }
  } else {
    models.createBucket({ name, region, owner: account });
  }
  return new Response(null, {
    status: 200,
    headers: {
      location: region === "us-east-1" ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
      "x-amz-bucket-arn": `arn:aws:s3:::${name}`,
    },
  });
}

/** @throws S3Refused IllegalLocationConstraintException, InvalidLocationConstraint, MalformedXML */
async function readRegion({ request, region: endpoint }: CreateCall): Promise<string> {
  const { bytes } = await readBody(request);
  const text = new TextDecoder().decode(bytes);
  const constraint =
    text === ""
      ? undefined
      : readDocument(text, "CreateBucketConfiguration", (root) => {
          if (root.child("Location") !== undefined || root.child("Bucket") !== undefined) {
            throw refuse("NotImplemented", { message: "Directory buckets are not simulated" });
          }
          if (root.child("Tags") !== undefined) {
            throw refuse("NotImplemented", { message: "Tags of buckets are not simulated" });
          }
          return root.text("LocationConstraint");
        });
  const isGlobal = /(^|\.)s3\.amazonaws\.com$/.test(new URL(request.url).hostname);
  if (constraint === undefined || constraint === "") {
    if (endpoint === "us-east-1") return endpoint;
    throw incompatible("unspecified");
  }
  const region = regionOf(constraint);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region) || region === "us-east-1") {
    throw refuse("InvalidLocationConstraint", { fields: { LocationConstraint: constraint } });
  }
  if (region !== endpoint && !isGlobal) throw incompatible(constraint);
  return region;
}

function incompatible(constraint: string): Error {
  return refuse("IllegalLocationConstraintException", {
    message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  });
}

/** Amazon S3 User Guide, "General purpose bucket naming rules". @throws S3Refused InvalidBucketName */
function checkName(name: string): void {
  const isValid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes("..") &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!isValid) throw refuse("InvalidBucketName", { fields: { BucketName: name } });
}

/** ACLs are off in new buckets. @throws S3Refused InvalidBucketAclWithObjectOwnership, NotImplemented */
function checkOwnership(headers: Headers): void {
  const ownership = headers.get("x-amz-object-ownership") ?? "BucketOwnerEnforced";
  if (ownership !== "BucketOwnerEnforced" || headers.get("x-amz-bucket-object-lock-enabled") === "true") {
    throw refuse("NotImplemented", { message: "Object ownership and object lock are not simulated" });
  }
  const acl = headers.get("x-amz-acl") ?? "private";
  if (acl !== "private" || [...headers.keys()].some((name) => name.startsWith("x-amz-grant-"))) {
    throw refuse("InvalidBucketAclWithObjectOwnership");
  }
}
