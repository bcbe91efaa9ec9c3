import type { Elbv2Call, Elbv2Result } from "./call.ts";
import { describeListenerAttributes, modifyListenerAttributes } from "./listener-attributes.ts";
import {
  createListener,
  deleteListener,
  describeListenerCertificates,
  describeListeners,
  modifyListener,
} from "./listeners.ts";
import { describeLoadBalancerAttributes, modifyLoadBalancerAttributes } from "./load-balancer-attributes.ts";
import { describeLoadBalancers } from "./load-balancers.ts";
import {
  addTrustStoreRevocations,
  describeTrustStoreRevocations,
  getTrustStoreRevocationContent,
  removeTrustStoreRevocations,
} from "./revocations.ts";
import { addTags, describeTags, removeTags } from "./tags.ts";
import {
  createTrustStore,
  deleteSharedTrustStoreAssociation,
  deleteTrustStore,
  describeTrustStoreAssociations,
  describeTrustStores,
  getResourcePolicy,
  getTrustStoreCaCertificatesBundle,
  modifyTrustStore,
} from "./trust-stores.ts";

/** The operations that are simulated, by `Action`. */
export const handlers: Readonly<Record<string, (call: Elbv2Call) => Elbv2Result>> = {
  AddTags: addTags,
  AddTrustStoreRevocations: addTrustStoreRevocations,
  CreateListener: createListener,
  CreateTrustStore: createTrustStore,
  DeleteListener: deleteListener,
  DeleteSharedTrustStoreAssociation: deleteSharedTrustStoreAssociation,
  DeleteTrustStore: deleteTrustStore,
  DescribeListenerAttributes: describeListenerAttributes,
  DescribeListenerCertificates: describeListenerCertificates,
  DescribeListeners: describeListeners,
  DescribeLoadBalancerAttributes: describeLoadBalancerAttributes,
  DescribeLoadBalancers: describeLoadBalancers,
  DescribeTags: describeTags,
  DescribeTrustStoreAssociations: describeTrustStoreAssociations,
  DescribeTrustStoreRevocations: describeTrustStoreRevocations,
  DescribeTrustStores: describeTrustStores,
  GetResourcePolicy: getResourcePolicy,
  GetTrustStoreCaCertificatesBundle: getTrustStoreCaCertificatesBundle,
  GetTrustStoreRevocationContent: getTrustStoreRevocationContent,
  ModifyListener: modifyListener,
  ModifyListenerAttributes: modifyListenerAttributes,
  ModifyLoadBalancerAttributes: modifyLoadBalancerAttributes,
  ModifyTrustStore: modifyTrustStore,
  RemoveTags: removeTags,
  RemoveTrustStoreRevocations: removeTrustStoreRevocations,
};
