import { authenticationError } from "../credentials.ts";
import type { Answer } from "../envelope.ts";
import type { Call, Route } from "../route.ts";
import { accountId } from "../tokens/models.ts";
import {
  type AccountCertificateRules,
  deleteCertificate,
  listCertificates,
  listUses,
  readCertificate,
  uploadCertificate,
} from "./handlers.ts";

const root = "/accounts/{account_id}/mtls_certificates";
const one = `${root}/{mtls_certificate_id}` as const;

/** The account's store of certificates. */
export function accountCertificateRoutes(rules: AccountCertificateRules): readonly Route[] {
  return [
    reads(`GET ${root}`, (call) => listCertificates(call, rules)),
    changes(`POST ${root}`, (call) => uploadCertificate(call, rules)),
    reads(`GET ${one}`, (call) => readCertificate(call, rules)),
    changes(`DELETE ${one}`, (call) => deleteCertificate(call, rules)),
    reads(`GET ${one}/associations`, (call) => listUses(call, rules)),
  ];
}

function reads(operation: Route["operation"], handle: (call: Call) => Answer): Route {
  return {
    operation,
    permissions: ["Account: SSL and Certificates Read", "Account: SSL and Certificates Write"],
    refusals: "with-null-result",
    answer: {
      on: "account",
      // An account of others is refused like a right that is missing.
      handle: (call) => (call.params.account_id === accountId ? handle(call) : authenticationError(403)),
    },
  };
}

function changes(operation: Route["operation"], handle: (call: Call) => Answer): Route {
  return { ...reads(operation, handle), permissions: ["Account: SSL and Certificates Write"] };
}
