import { createFunction } from "./create-function.ts";
import { createList } from "./create-list.ts";
import { deleteFunction } from "./delete-function.ts";
import { deleteList } from "./delete-list.ts";
import type { RevocationOperations } from "./operations.ts";
import { type RevocationPorts, readRevocation } from "./read-revocation.ts";
import { writeList } from "./write-list.ts";

/** The operations on ports of any make. */
export function revocationOn(ports: RevocationPorts): RevocationOperations {
  return {
    read: (distributionArns, signal) => readRevocation(ports, distributionArns, signal),
    createList: (distributionArn, context) => createList(ports, distributionArn, context),
    writeList: (distributionArn, change, context) => writeList(ports, distributionArn, change, context),
    createFunction: (distributionArn, options, context) =>
      createFunction(ports, distributionArn, options, context),
    deleteFunction: (distributionArn, name, context) => deleteFunction(ports, distributionArn, name, context),
    deleteList: (distributionArn, context) => deleteList(ports, distributionArn, context),
  };
}
