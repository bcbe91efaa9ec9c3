/**
 * Whether a verifier accepts what is shown to it, by the same function that plans, checks and reports are made with, and
 * the stable codes of its verdicts. Entry `@handfast/core/accept`.
 */
export {
  accepts,
  acceptsIssuedBy,
  type Judgement,
  judgeShown,
  type Request,
  type Rules,
  type Verdict,
  type VerdictCode,
} from "./accepts.ts";
export { Evidence } from "./evidence.ts";
export { nameViolation } from "./name-violation.ts";
