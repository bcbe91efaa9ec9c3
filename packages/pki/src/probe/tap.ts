import { Duplex } from "node:stream";

/** What is told of the bytes that pass. */
export interface TapListener {
  received(chunk: Uint8Array): void;
  sent(chunk: Uint8Array): void;
}

/** A wire with a listener on it. */
export interface Tap {
  /** What TLS speaks over in place of the stream below. */
  readonly stream: Duplex;
  /** The error code of the stream below, e.g. `ECONNRESET`; TLS and HTTP report other ones of their own. */
  errno(): string | undefined;
}

/** A duplex that passes everything on, both ways, and shows the listener what passes before anyone else reads it. */
export function tap(below: Duplex, listener: TapListener): Tap {
  let errno: string | undefined;
  const note = (error: NodeJS.ErrnoException | null | undefined): void => {
    if (error != null) errno ??= error.code ?? error.name;
  };
  const stream = new Duplex({
    // As a socket: TLS above does as it does, and must end when the server does.
    allowHalfOpen: false,
    read: () => {
      below.resume();
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      listener.sent(chunk);
      below.write(chunk, (error) => {
        // The stream above ends the one below at once, which then reports no error any more.
        note(error);
        done(error);
      });
    },
    final: (done) => {
      below.end(done);
    },
    destroy: (error, done) => {
      below.destroy();
      done(error);
    },
  });
  // TLS has a listener of its own; before it is attached, an error must not go unheard and end the process.
  stream.on("error", () => undefined);
  let ended = false;
  // What arrived before the end, an alert above all, must reach TLS before the stream is torn down.
  const tearDown = (error?: Error): void => {
    setImmediate(() => stream.destroy(error));
  };
  below.on("data", (chunk: Buffer) => {
    listener.received(chunk);
    if (!stream.push(chunk)) below.pause();
  });
  below.on("end", () => {
    ended = true;
    stream.push(null);
  });
  below.on("error", (error: NodeJS.ErrnoException) => {
    note(error);
    tearDown(error);
  });
  below.on("close", () => {
    if (!ended) tearDown();
  });
  return { stream, errno: () => errno };
}
