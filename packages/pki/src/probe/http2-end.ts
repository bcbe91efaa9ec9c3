/** How HTTP/2 ended without an answer: the whole connection, or the stream of the request (RFC 9113, 6.4 and 6.8). */
export interface Http2End {
  readonly frame: "goaway" | "reset";
  readonly code: number;
}

/** RFC 9113, 7. */
const names = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

/** The name of an error code of HTTP/2. */
export function http2ErrorName(code: number): string {
  return names[code] ?? `0x${code.toString(16)}`;
}

/**
 * Whether an end speaks of the client as such, given that it was asked for a certificate. A server that does not like
 * the security of a connection says INADEQUATE_SECURITY (RFC 9113, 9.2); one that ends the whole connection over a
 * sound request with PROTOCOL_ERROR does not serve this client. Draining, load and faults say other things.
 */
export function isRefusal({ frame, code }: Http2End): boolean {
  const name = names[code];
  return name === "INADEQUATE_SECURITY" || (frame === "goaway" && name === "PROTOCOL_ERROR");
}
