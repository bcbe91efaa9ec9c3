import { join } from "node:path";
import { sha256 } from "../certificate/digest.ts";
import { type Disk, makeFolder, syncFolder, writeBeside } from "./disk.ts";
import { refuseKeyInBlob } from "./entry-text.ts";
import type { BlobStore } from "./journal.ts";
import { blobCorrupt, systemCode, unreadable, unwritable } from "./journal-errors.ts";

/**
 * Blobs as files named by their digest.
 *
 * @param mark gives a new text at each call, one that no other process gives
 */
export function fileBlobs(disk: Disk, folder: string, mark: () => string): BlobStore {
  const read = async (digest: string): Promise<Uint8Array | undefined> => {
    const file = join(folder, digest);
    try {
      return new Uint8Array(await disk.readFile(file));
    } catch (error) {
      if (systemCode(error) === "ENOENT") return undefined;
      throw unreadable("read blob", file, error);
    }
  };

  return {
    put: async (bytes) => {
      refuseKeyInBlob(bytes);
      const digest = sha256(bytes);
      const file = join(folder, digest);
      try {
        const kept = await read(digest).catch(() => undefined);
        // A damaged blob is written again: here are the right bytes.
        if (kept === undefined || sha256(kept) !== digest) {
          await makeFolder(disk, folder);
          await writeBeside(disk, file, mark(), bytes, (from) => disk.rename(from, file));
        }
        // Also for a blob that was there: whoever renamed it may have died before this call.
        await syncFolder(disk, folder);
      } catch (error) {
        throw unwritable("put blob", file, error);
      }
      return { sha256: digest, size: bytes.byteLength };
    },
    get: async (digest) => {
      if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
      const bytes = await read(digest);
      if (bytes !== undefined && sha256(bytes) !== digest) throw blobCorrupt(digest, join(folder, digest));
      return bytes;
    },
  };
}
