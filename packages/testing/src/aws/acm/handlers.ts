import type { JsonResult } from "../json/json-service.ts";
import type { AcmCall } from "./call.ts";
import { deleteCertificate, describeCertificate, getCertificate } from "./describe-certificate.ts";
import { importCertificate } from "./import-certificate.ts";
import { listCertificates } from "./list-certificates.ts";
import { requestCertificate } from "./request-certificate.ts";
import { addTagsToCertificate, listTagsForCertificate, removeTagsFromCertificate } from "./tags.ts";

/** The operations that are simulated, by name. */
export const handlers: Readonly<Record<string, (call: AcmCall) => JsonResult>> = {
  AddTagsToCertificate: addTagsToCertificate,
  DeleteCertificate: deleteCertificate,
  DescribeCertificate: describeCertificate,
  GetCertificate: getCertificate,
  ImportCertificate: importCertificate,
  ListCertificates: listCertificates,
  ListTagsForCertificate: listTagsForCertificate,
  RemoveTagsFromCertificate: removeTagsFromCertificate,
  RequestCertificate: requestCertificate,
};
