// SPDX-License-Identifier: Apache-2.0
//
// The names of these numbers, as logs and operators know them.
#include "ikewire/ike_numbers.h"

#include <array>

#include "ikewire/ike_name_table.h"

namespace levelgate::ikewire {
namespace {

constexpr auto kExchangeNames = std::to_array<Named<Exchange>>({{Exchange::kIkeSaInit, "IKE_SA_INIT"},
                                                                {Exchange::kIkeAuth, "IKE_AUTH"},
                                                                {Exchange::kCreateChildSa, "CREATE_CHILD_SA"},
                                                                {Exchange::kInformational, "INFORMATIONAL"},
                                                                {Exchange::kIkeSessionResume, "IKE_SESSION_RESUME"},
                                                                {Exchange::kGsaAuth, "GSA_AUTH"},
                                                                {Exchange::kGsaRegistration, "GSA_REGISTRATION"},
                                                                {Exchange::kGsaRekey, "GSA_REKEY"},
                                                                {Exchange::kGsaInbandRekey, "GSA_INBAND_REKEY"},
                                                                {Exchange::kIkeIntermediate, "IKE_INTERMEDIATE"},
                                                                {Exchange::kIkeFollowupKe, "IKE_FOLLOWUP_KE"},
                                                                {Exchange::kFragmentAck, "FRAGMENT_ACK"}});
constexpr auto kPayloadTypeNames = std::to_array<Named<PayloadType>>({{PayloadType::kNone, "NONE"},
                                                                      {PayloadType::kSa, "SA"},
                                                                      {PayloadType::kKe, "KE"},
                                                                      {PayloadType::kIdi, "IDi"},
                                                                      {PayloadType::kIdr, "IDr"},
                                                                      {PayloadType::kCert, "CERT"},
                                                                      {PayloadType::kCertRequest, "CERTREQ"},
                                                                      {PayloadType::kAuth, "AUTH"},
                                                                      {PayloadType::kNonce, "Nonce"},
                                                                      {PayloadType::kNotify, "N"},
                                                                      {PayloadType::kDelete, "D"},
                                                                      {PayloadType::kVendorId, "V"},
                                                                      {PayloadType::kTsi, "TSi"},
                                                                      {PayloadType::kTsr, "TSr"},
                                                                      {PayloadType::kSk, "SK"},
                                                                      {PayloadType::kCp, "CP"},
                                                                      {PayloadType::kEap, "EAP"},
                                                                      {PayloadType::kGspm, "GSPM"},
                                                                      {PayloadType::kIdg, "IDg"},
                                                                      {PayloadType::kGsa, "GSA"},
                                                                      {PayloadType::kKd, "KD"},
                                                                      {PayloadType::kSkf, "SKF"},
                                                                      {PayloadType::kPuzzleSolution, "PS"}});
constexpr auto kProtocolIdNames =
    std::to_array<Named<ProtocolId>>({{ProtocolId::kNone, "NONE"},
                                      {ProtocolId::kIke, "IKE"},
                                      {ProtocolId::kAh, "AH"},
                                      {ProtocolId::kEsp, "ESP"},
                                      {ProtocolId::kFcEspHeader, "FC_ESP_HEADER"},
                                      {ProtocolId::kFcCtAuthentication, "FC_CT_AUTHENTICATION"},
                                      {ProtocolId::kGikeUpdate, "GIKE_UPDATE"}});
constexpr auto kIdTypeNames = std::to_array<Named<IdType>>({{IdType::kIpv4, "ID_IPV4_ADDR"},
                                                            {IdType::kFqdn, "ID_FQDN"},
                                                            {IdType::kRfc822, "ID_RFC822_ADDR"},
                                                            {IdType::kIpv6, "ID_IPV6_ADDR"},
                                                            {IdType::kDerDn, "ID_DER_ASN1_DN"},
                                                            {IdType::kDerGn, "ID_DER_ASN1_GN"},
                                                            {IdType::kKeyId, "ID_KEY_ID"},
                                                            {IdType::kFcName, "ID_FC_NAME"},
                                                            {IdType::kNull, "ID_NULL"}});
constexpr auto kCertEncodingNames =
    std::to_array<Named<CertEncoding>>({{CertEncoding::kPkcs7, "PKCS #7 wrapped X.509"},
                                        {CertEncoding::kPgp, "PGP"},
                                        {CertEncoding::kDnsSignedKey, "DNS signed key"},
                                        {CertEncoding::kX509Signature, "X.509 signature"},
                                        {CertEncoding::kKerberosToken, "Kerberos token"},
                                        {CertEncoding::kCrl, "CRL"},
                                        {CertEncoding::kArl, "ARL"},
                                        {CertEncoding::kSpki, "SPKI"},
                                        {CertEncoding::kX509Attribute, "X.509 attribute"},
                                        {CertEncoding::kRawRsaKey, "raw RSA key"},
                                        {CertEncoding::kHashAndUrl, "hash and URL of X.509"},
                                        {CertEncoding::kHashAndUrlOfBundle, "hash and URL of bundle"},
                                        {CertEncoding::kOcsp, "OCSP"},
                                        {CertEncoding::kRawPublicKey, "raw public key"}});
constexpr auto kAuthMethodNames =
    std::to_array<Named<AuthMethod>>({{AuthMethod::kRsa, "RSA signature"},
                                      {AuthMethod::kSharedKey, "shared key"},
                                      {AuthMethod::kDss, "DSS signature"},
                                      {AuthMethod::kEcdsa256, "ECDSA P-256"},
                                      {AuthMethod::kEcdsa384, "ECDSA P-384"},
                                      {AuthMethod::kEcdsa521, "ECDSA P-521"},
                                      {AuthMethod::kSecurePassword, "secure password"},
                                      {AuthMethod::kNull, "NULL"},
                                      {AuthMethod::kDigitalSignature, "digital signature"}});
constexpr auto kHashIdNames = std::to_array<Named<HashId>>({{HashId::kSha1, "SHA1"},
                                                            {HashId::kSha2_256, "SHA2-256"},
                                                            {HashId::kSha2_384, "SHA2-384"},
                                                            {HashId::kSha2_512, "SHA2-512"},
                                                            {HashId::kIdentity, "Identity"},
                                                            {HashId::kStreebog256, "Streebog-256"},
                                                            {HashId::kStreebog512, "Streebog-512"}});
constexpr auto kTsTypeNames = std::to_array<Named<TsType>>({{TsType::kIpv4, "TS_IPV4_ADDR_RANGE"},
                                                            {TsType::kIpv6, "TS_IPV6_ADDR_RANGE"},
                                                            {TsType::kFc, "TS_FC_ADDR_RANGE"},
                                                            {TsType::kSecurityLabel, "TS_SECLABEL"}});
constexpr auto kCpTypeNames = std::to_array<Named<CpType>>({{CpType::kRequest, "CFG_REQUEST"},
                                                            {CpType::kReply, "CFG_REPLY"},
                                                            {CpType::kSet, "CFG_SET"},
                                                            {CpType::kAck, "CFG_ACK"}});
constexpr auto kPpkIdTypeNames =
    std::to_array<Named<PpkIdType>>({{PpkIdType::kOpaque, "PPK_ID_OPAQUE"}, {PpkIdType::kFixed, "PPK_ID_FIXED"}});

}  // namespace

std::string name_of(Exchange value) { return name_in<Exchange>(kExchangeNames, value, "exchange"); }
std::string name_of(PayloadType value) { return name_in<PayloadType>(kPayloadTypeNames, value, "payload"); }
std::string name_of(ProtocolId value) { return name_in<ProtocolId>(kProtocolIdNames, value, "protocol"); }
std::string name_of(IdType value) { return name_in<IdType>(kIdTypeNames, value, "identity type"); }
std::string name_of(CertEncoding value) {
  return name_in<CertEncoding>(kCertEncodingNames, value, "certificate encoding");
}
std::string name_of(AuthMethod value) { return name_in<AuthMethod>(kAuthMethodNames, value, "authentication method"); }
std::string name_of(HashId value) { return name_in<HashId>(kHashIdNames, value, "hash"); }
std::string name_of(TsType value) { return name_in<TsType>(kTsTypeNames, value, "selector type"); }
std::string name_of(CpType value) { return name_in<CpType>(kCpTypeNames, value, "configuration type"); }
std::string name_of(PpkIdType value) { return name_in<PpkIdType>(kPpkIdTypeNames, value, "PPK identity type"); }

}  // namespace levelgate::ikewire
