/** `@handfast/core`: plan, apply, prove and roll back mutual TLS. */
export { accepts, acceptsIssuedBy, type Request, type Rules, type Verdict } from "./accept/accepts.ts";
export { Evidence } from "./accept/evidence.ts";
export type { AdapterFacts, PresenterFacts, Revocation, VerifierFacts } from "./adapter/adapter-facts.ts";
export type {
  AdapterDefinition,
  Blob,
  CallRate,
  Digest,
  Face,
  Facts,
  Finding,
  Keeping,
  Known,
  Mode,
  Move,
  Outcome,
  Performed,
  Permission,
  PermissionAnswer,
  PresenterFace,
  ReadContext,
  Secret,
  Seen,
  Settling,
  Severity,
  Shown,
  ShownCertificate,
  Step,
  StepCheck,
  Target,
  VerifierFace,
  Wanted,
  WantedPresenter,
  WantedVerifier,
  WayBack,
  WriteContext,
} from "./adapter/contract.ts";
export {
  type Adapter,
  defineAdapter,
  type ErasedDefinition,
  type PresenterAdapter,
  type VerifierAdapter,
} from "./adapter/define-adapter.ts";
export type { RunEvent, StepEvent } from "./apply/events.ts";
export { canonicalText, digestOf, sha256 } from "./certificate/digest.ts";
export type { CertificateFacts, CrlFacts } from "./certificate/facts.ts";
export { normaliseSerial } from "./certificate/normalise-serial.ts";
export { isIssuedBy, readCertificate } from "./certificate/read-certificate.ts";
export { readCrl } from "./certificate/read-crl.ts";
export { type PemLabel, readPem, toPem } from "./certificate/read-pem.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  type Actor,
  type ErrorDetails,
  type ErrorRecord,
  HandfastError,
  type HandfastErrorCode,
  isHandfastError,
  type SpecIssue,
} from "./errors.ts";
export { explain } from "./explain/explain.ts";
export type {
  Cause,
  Explanation,
  Explicable,
  Hop,
  ProbedSymptom,
  ServerKind,
  Symptom,
} from "./explain/symptom.ts";
export type { BreakGlassOptions, BreakGlassReport, OpenedVerifier } from "./handfast/break-glass.ts";
export {
  type CallOptions,
  createHandfast,
  type Handfast,
  type HandfastOptions,
  type PlanOptions,
  type RunOptions,
} from "./handfast/create-handfast.ts";
export type { RunSummary } from "./handfast/list-runs.ts";
export type { RollbackConsent } from "./handfast/plan-back.ts";
export type { RetireConsent } from "./handfast/plan-retire.ts";
export type { BreakGlassRecord } from "./handfast/record-break-glass.ts";
export type { ReadText } from "./handfast/resolve-spec.ts";
export type { Status } from "./handfast/status.ts";
export { type FileJournalOptions, fileJournal } from "./journal/file-journal.ts";
export type { BlobStore, Claim, Journal, RunWriter } from "./journal/journal.ts";
export { type JournalEntry, journalEntrySchema, type NewEntry } from "./journal/journal-entry.ts";
export type { JournalStore } from "./journal/journal-store.ts";
export { type MemoryJournalOptions, memoryJournal } from "./journal/memory-journal.ts";
export { newRunId, type RandomBytes } from "./journal/run-id.ts";
export { type StoreJournalOptions, storeJournal } from "./journal/store-journal.ts";
export { type MemoryPresenterOptions, memoryPresenter } from "./memory/memory-presenter.ts";
export { type MemoryVerifierOptions, memoryVerifier } from "./memory/memory-verifier.ts";
export {
  type MemoryShown,
  type MemoryValue,
  MemoryWorld,
  type MemoryWorldOptions,
} from "./memory/memory-world.ts";
export { memoryZone } from "./memory/memory-zone.ts";
export { type MtlsPlan, type Phase, type PlanStep, planSchema } from "./plan/plan.ts";
export { type RenderOptions, renderPlan } from "./plan/render-plan.ts";
export type { Check, CheckRequest } from "./prove/check.ts";
export type {
  ConnectionLog,
  ConnectionLogQuery,
  ConnectionLogReading,
  LoggedCertificate,
  LoggedConnections,
} from "./prove/connection-log.ts";
export type { Prober, ProofRequest, ProofResult } from "./prove/prober.ts";
export type { ProofRecord, StepRecord, StepStatus } from "./report/fold-run.ts";
export { renderReport } from "./report/render-report.ts";
export { type Report, reportOf, reportSchema, type StepReport } from "./report/report.ts";
export { fromEnv } from "./secret/from-env.ts";
export { fromFile } from "./secret/from-file.ts";
export { fromValue } from "./secret/from-value.ts";
export { resolveSecret } from "./secret/resolve-secret.ts";
export type { Passphrase, SecretOptions, SecretSource } from "./secret/secret-source.ts";
export { readSpec } from "./spec/read-spec.ts";
export { type JsonObject, type JsonValue, type PemSource, type Spec, specSchema } from "./spec/spec.ts";
export { type SpecDoor, specDoor, specJsonSchema } from "./spec/spec-door.ts";
export type { DistinctNames, SpecInput } from "./spec/spec-input.ts";
export type {
  CallWork,
  RunWork,
  StepWork,
  Telemetry,
  TellingWork,
  WorkResult,
} from "./telemetry/telemetry.ts";
