import { AwsRefused } from "../refused.ts";
import { readDocument as readXml, type XmlElement } from "../rest-xml/element.ts";
import { readBody } from "./checksums.ts";
import { refuse } from "./refusals.ts";

/** Of everything that S3 says and is told in XML. */
export const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/**
 * The text of a setting that is put, whose checksum must be sent along.
 *
 * @throws S3Refused InvalidRequest, and what {@link readBody} throws
 */
export async function readSetting(request: Request): Promise<string> {
  const { bytes, stated } = await readBody(request);
  if (!stated && !request.headers.has("content-md5")) {
    throw refuse("InvalidRequest", {
      message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    });
  }
  return new TextDecoder().decode(bytes);
}

/** Reads a document of S3. @throws S3Refused MalformedXML, also for what `read` does not find in it */
export function readDocument<T>(text: string, root: string, read: (element: XmlElement) => T): T {
  try {
    return read(readXml(text, root, namespace));
  } catch (error) {
    throw error instanceof AwsRefused ? refuse("MalformedXML") : error;
  }
}
