import { createFunction } from "./create-function.ts";
import { createList } from "./create-list.ts";
import { deleteFunction } from "./delete-function.ts";
import { deleteList } from "./delete-list.ts";
import type { RevocationOperations } from "./operations.ts";
import { type RevocationMemory, type RevocationPorts, readRevocation } from "./read-revocation.ts";
import { writeList } from "./write-list.ts";

/** The operations on ports of any make. */
export function revocationOn(ports: RevocationPorts): RevocationOperations {
  const memory: RevocationMemory = new Map();
  return {
    read: (distributionArns, signal) => readRevocation(ports, distributionArns, signal, memory),
    createList: (place, context) => createList(ports, place, context),
    writeList: (place, change, context) => writeList(ports, place, change, context),
    createFunction: (place, options, context) => createFunction(ports, place, options, context),
    deleteFunction: (distributionArn, name, context) => deleteFunction(ports, distributionArn, name, context),
    deleteList: (place, context) => deleteList(ports, place, context),
  };
}
