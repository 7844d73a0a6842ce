// SPDX-License-Identifier: Apache-2.0
//
// Known answers for every esp::Cipher, as hexadecimal digits: RFC 8439 §2.8.2, RFC 7634 appendix A, the ESP packets of
// draft-mcgrew-gcm-test-01 (those with AES-128 and AES-256), and some of NIST's CAVP response files (SP 800-38D, nonce
// of 96 bits, tag of 128 bits, no associated data). Each was checked with python3-cryptography as well.
#pragma once

#include <levelgate/base/algorithms.h>

#include <array>
#include <string_view>

namespace levelgate::testing {

enum class Authentic { kNo, kYes };

struct AeadVector {
  std::string_view source;
  EspCipher cipher;
  std::string_view key, nonce, aad, plain;  // plain is empty where the tag does not hold
  std::string_view sealed;                  // ciphertext, then tag
  Authentic authentic;
};

inline constexpr std::array<AeadVector, 65> kAeadVectors = {{
    {"NIST CAVP gcmEncryptExtIV128 PTlen 0 Count 0", EspCipher::kAes128Gcm16, "11754cd72aec309bf52f7687212e8957",
     "3c819d9a9bed087615030b65", "", "", "250327c674aaf477aef2675748cf6971", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 0 Count 1", EspCipher::kAes128Gcm16, "ca47248ac0b6f8372a97ac43508308ed",
     "ffd2b598feabc9019262d2be", "", "", "60d20404af527d248d893ae495707d1a", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 0 Count 2", EspCipher::kAes128Gcm16, "db1ad0bd1cf6db0b5d86efdd8914b218",
     "36fad6acb3c98e0138aeb9b1", "", "", "5ee2ba737d3f2a944b335a81f6653cce", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 128 Count 0", EspCipher::kAes128Gcm16, "7fddb57453c241d03efbed3ac44e371c",
     "ee283a3fc75575e33efd4887", "", "d5de42b461646c255c87bd2962d3b9a2",
     "2ccda4a5415cb91e135c2a0f78c9b2fdb36d1df9b9d5e596f83e8b7f52971cb3", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 128 Count 1", EspCipher::kAes128Gcm16, "ab72c77b97cb5fe9a382d9fe81ffdbed",
     "54cc7dc2c37ec006bcc6d1da", "", "007c5e5b3e59df24a7c355584fc1518d",
     "0e1bde206a07a9c2c1b65300f8c649972b4401346697138c7a4891ee59867d0c", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 128 Count 2", EspCipher::kAes128Gcm16, "77b0a58a1e60541e5ea3d4d42007940e",
     "ae7a27904d95fe800e83b345", "", "6931a3ea07a9e95207334f0274a454dd",
     "76e39fad4000a07d35d879b785bd7fca5cb3724712f129f86b7927f13b45c835", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 104 Count 0", EspCipher::kAes128Gcm16, "fe9bb47deb3a61e423c2231841cfd1fb",
     "4d328eb776f500a2f7fb47aa", "", "f1cc3818e421876bb6b8bbd6c9",
     "b88c5c1977b35b517b0aeae96743fd4727fe5cdb4b5b42818dea7ef8c9", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 104 Count 1", EspCipher::kAes128Gcm16, "6703df3701a7f54911ca72e24dca046a",
     "12823ab601c350ea4bc2488c", "", "793cd125b0b84a043e3ac67717",
     "b2051c80014f42f08735a7b0cd38e6bcd29962e5f2c13626b85a877101", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 104 Count 2", EspCipher::kAes128Gcm16, "5bd7362f38bafd33ff4068860eb35c27",
     "6064368166c48633b090cb9a", "", "634852a6b68543ead889aa19ef",
     "3a44f911376c371e6d597539d3452b67e9d36a9ec5a893272b4d2f2103", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 256 Count 0", EspCipher::kAes128Gcm16, "9971071059abc009e4f2bd69869db338",
     "07a9a95ea3821e9c13c63251", "", "f54bc3501fed4f6f6dfb5ea80106df0bd836e6826225b75c0222f6e859b35983",
     "0556c159f84ef36cb1602b4526b12009c775611bffb64dc0d9ca9297cd2c6a017870d9117f54811a346970f1de090c41",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 256 Count 1", EspCipher::kAes128Gcm16, "f0a551c56973e1cfdfe2d353aad66c2a",
     "94e95e0544ab0b0b9997aee3", "", "734c0907ef49a1d86bc665bb9da9cedeeecd2abfed7f591c201ac360ca42f941",
     "f2c2f0c35e0bf6c5f5c24d8aadba19ed35848959b9c586604c396428493418d08855aecbe9604a839fa5d481f8760ffc",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 256 Count 2", EspCipher::kAes128Gcm16, "c635775fa1416abe375c792ea7a486ac",
     "5b9f038596f55115986a3109", "", "54172156fcb2c40392009807bd3ec4a11c2c1b6d69ad20c773df3d9e7cf35e3d",
     "73a9d9de0a3dcdc52dd9745fdf12353f4d63d0c7646443f5206883f6b7da2b9411970a60855b0fe890d4f5988f6cafae",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 408 Count 0", EspCipher::kAes128Gcm16, "594157ec4693202b030f33798b07176d",
     "49b12054082660803a1df3df", "",
     "3feef98a976a1bd634f364ac428bb59cd51fb159ec1789946918dbd50ea6c9d594a3a31a5269b0da6936c29d063a5fa2"
     "cc8a1c",
     "c1b7a46a335f23d65b8db4008a49796906e225474f4fe7d39e55bf2efd97fd82d4167de082ae30fa01e465a601235d8d"
     "68bc69ba92d3661ce8b04687e8788d55417dc2",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 408 Count 1", EspCipher::kAes128Gcm16, "7e6a5b6d296ac7a7494b72c93bad15ce",
     "5225c255bc82949a1cdb86c8", "",
     "8bd452633f9dae0639fe0e67e36401adf65b3edf6799ff9eec80d85c13c85e0ee09491d4f5acaf8ae920281801a2f5d1"
     "2c9370",
     "2348f512a3a8501be9eaa41d8a127fcd8f0368d5053981a5626f85405363d218af7ba52a2bdb87a1ff07329f21792f4c"
     "64fc398753cee020ac668e9e1a37f63231543e",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV128 PTlen 408 Count 2", EspCipher::kAes128Gcm16, "0d54e78be0eba65446682721368567f2",
     "aefce9f80307fbff0965881b", "",
     "5b335be97a86c8c1a29b7408833f752c8c5d4c912e7f26c73b909239e1222fc851b4e3c0accc5148cc60af2f019f9ee0"
     "060131",
     "7277aebd1beb239a3a610587b0d7cd71640291a4e4d6dca73a5d0e05f058e7a0e151a0d087ff256d08876e1fc3e0e5e6"
     "9c72b0bda879404fc226cfad834a3e85e04415",
     Authentic::kYes},
    {"NIST CAVP gcmDecrypt128 PTlen 0 Count 1", EspCipher::kAes128Gcm16, "a49a5e26a2f8cb63d05546c2a62f5343",
     "907763b19b9b4ab6bd4f0281", "", "", "a2be08210d8c470a8df6e8fbd79ec5cf", Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 0 Count 3", EspCipher::kAes128Gcm16, "d8cd400a0a73d114cd3ecf36537cab3d",
     "3c162c9f16a49b8fe6c92a81", "", "", "4203aec165f9d397cf9009770a088c16", Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 128 Count 2", EspCipher::kAes128Gcm16, "5164df856f1e9cac04a79b808dc5be39",
     "e76925d5355e0584ce871b2b", "", "", "0216c899c88d6e32c958c7e553daa5bca145319896329c96df291f64efbe0e3a",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 128 Count 3", EspCipher::kAes128Gcm16, "b1191a672cc55496b3c728d6a67de0ae",
     "d0b4fa7c7f107f98f66b0195", "", "", "ab957acc04c1034d8acc617c0b20f78da93cc22f6086e816016606b9ad0ba697",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 104 Count 3", EspCipher::kAes128Gcm16, "7d7b6c988137b8d470c57bf674a09c87",
     "9edf2aa970d016ac962e1fd8", "", "", "a85b66c3cb5eab91d5bdc8bc0edc054efc01f3afd21d9c2484819f569a", Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 104 Count 5", EspCipher::kAes128Gcm16, "e46eb11faa5c3f6e37ee510544514409",
     "31ece7b92df31eb13783b23e", "", "", "bf77690a555c368878f5929e39971a1f31d5838d444f329ff47bdae20d", Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 256 Count 1", EspCipher::kAes128Gcm16, "c3aa0400ea3f5107fbe8aa011e1391b3",
     "9c22008475e7a907f7abc966", "", "",
     "96a06e1fdb0082ebc6441312dd9cd6ed6f7fac745facc368b5ab2a3951bd75a66e84d66448068f67889404263a047a88",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 256 Count 2", EspCipher::kAes128Gcm16, "0ab76460d1870b6c989383b615f3876a",
     "32f38776d99843e9d79d6b28", "", "",
     "fb4d7d8e0958ea76d9489f2c6b5308d75cf96c8e1bc6a08a978a65f0c0f510afb49a4c6af3403dfb57cf1f4bc25b17a8",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 408 Count 0", EspCipher::kAes128Gcm16, "f3c4c058c7f0965a0328f0f011a128e0",
     "e96098c39d9aa83522119355", "", "",
     "b42c25155820564b41c525c6aa8ff4363c7c511917772b9bcd574b0be1f6b4ca2153869ddf0c4f76dfad3aef0a76ce05"
     "6582f944331e39b8a66a81591ed155d7d32372",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt128 PTlen 408 Count 4", EspCipher::kAes128Gcm16, "a02b7907be2c2a5f8c40127c27b609cd",
     "b5ee4456bee99ab857120d1a", "", "",
     "0a14bc62326c9af9960b896018d98c792d6e0456435005d65e60d553b4ea733ace7dcfdcef0c7d86a6f3065cab8012a4"
     "cb2cb98fb36293be18a68ae7160fc848cc9cc9",
     Authentic::kNo},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 0 Count 0", EspCipher::kAes256Gcm16,
     "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4", "516c33929df5a3284ff463d7", "", "",
     "bdc1ac884d332457a1d2664f168c76f0", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 0 Count 1", EspCipher::kAes256Gcm16,
     "5fe0861cdc2690ce69b3658c7f26f8458eec1c9243c5ba0845305d897e96ca0f", "770ac1a5a3d476d5d96944a1", "", "",
     "196d691e1047093ca4b3d2ef4baba216", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 0 Count 2", EspCipher::kAes256Gcm16,
     "7620b79b17b21b06d97019aa70e1ca105e1c03d2a0cf8b20b5a0ce5c3903e548", "60f56eb7a4b38d4f03395511", "", "",
     "f570c38202d94564bab39f75617bc87a", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 128 Count 0", EspCipher::kAes256Gcm16,
     "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22", "0d18e06c7c725ac9e362e1ce", "",
     "2db5168e932556f8089a0622981d017d", "fa4362189661d163fcd6a56d8bf0405ad636ac1bbedd5cc3ee727dc2ab4a9489",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 128 Count 1", EspCipher::kAes256Gcm16,
     "460fc864972261c2560e1eb88761ff1c992b982497bd2ac36c04071cbb8e5d99", "8a4a16b9e210eb68bcb6f58d", "",
     "99e4e926ffe927f691893fb79a96b067", "133fc15751621b5f325c7ff71ce08324ec4e87e0cf74a13618d0b68636ba9fa7",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 128 Count 2", EspCipher::kAes256Gcm16,
     "f78a2ba3c5bd164de134a030ca09e99463ea7e967b92c4b0a0870796480297e5", "2bb92fcb726c278a2fa35a88", "",
     "f562509ed139a6bbe7ab545ac616250c", "e2f787996e37d3b47294bf7ebba5ee2500f613eee9bdad6c9ee7765db1cb45c0",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 104 Count 0", EspCipher::kAes256Gcm16,
     "82c4f12eeec3b2d3d157b0f992d292b237478d2cecc1d5f161389b97f999057a", "7b40b20f5f397177990ef2d1", "",
     "982a296ee1cd7086afad976945", "ec8e05a0471d6b43a59ca5335f113ddeafc62373cac2f5951bb9165249", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 104 Count 1", EspCipher::kAes256Gcm16,
     "db4340af2f835a6c6d7ea0ca9d83ca81ba02c29b7410f221cb6071114e393240", "40e438357dd80a85cac3349e", "",
     "8ddb3397bd42853193cb0f80c9", "b694118c85c41abf69e229cb0fc07f1b8aafbd152f697eb67f2a85fe45", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 104 Count 2", EspCipher::kAes256Gcm16,
     "acad4a3588a7c5ec67832baee242b007c8f42ed7425d5a7e57b1070b7be2677e", "b11704ba368abadf8b0c2b98", "",
     "2656b5fbec8a3666cad5f460b7", "35c7114cabe39203df19413a9916f4c7e5becf00db1223476a14c43ebc", Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 256 Count 0", EspCipher::kAes256Gcm16,
     "268ed1b5d7c9c7304f9cae5fc437b4cd3aebe2ec65f0d85c3918d3d3b5bba89b", "9ed9d8180564e0e945f5e5d4", "",
     "fe29a40d8ebf57262bdb87191d01843f4ca4b2de97d88273154a0b7d9e2fdb80",
     "791a4a026f16f3a5ea06274bf02baab469860abde5e645f3dd473a5acddeecfc05b2b74db0662550435ef1900e136b15",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 256 Count 1", EspCipher::kAes256Gcm16,
     "c772a8d5e9f3384f16be2c34bf9afd9ebf86b69e6f610cd195a9db169e9be17e", "9b8e079f9971d7352e6810a3", "",
     "7f13fcaf0db79d792823a9271b1213a98d116eff7e8e3c86ddeb6a0a03f13afa",
     "d29e2bf3518668a14f17a3e4e76e1b43685734b801118d33a23238f34d18aa408e02b0b7d172cf5e2578f5b30fac2e7a",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 256 Count 2", EspCipher::kAes256Gcm16,
     "d5924b31676e2354fe7dafffaf529749598ea1bf5e4c44f5b60240e09d8036aa", "5d847784f0bcd79cb84fcf1d", "",
     "6fd80c8f0d4de081a93c16b84dec697a1e4f9d80a6af497c561572645eac0d63",
     "282cc9d2308a443019cfdc4d79854accc7731ee36902bafe3ffaca6484327b824dc5e0f2ab91bdfd31f2bdcf06af9667",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 408 Count 0", EspCipher::kAes256Gcm16,
     "1fded32d5999de4a76e0f8082108823aef60417e1896cf4218a2fa90f632ec8a", "1f3afa4711e9474f32e70462", "",
     "06b2c75853df9aeb17befd33cea81c630b0fc53667ff45199c629c8e15dce41e530aa792f796b8138eeab2e86c7b7bee"
     "1d40b0",
     "91fbd061ddc5a7fcc9513fcdfdc9c3a7c5d4d64cedf6a9c24ab8a77c36eefbf1c5dc00bc50121b96456c8cd8b6ff1f8b"
     "3e480f30096d340f3d5c42d82a6f475def23eb",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 408 Count 1", EspCipher::kAes256Gcm16,
     "b405ac89724f8b555bfee1eaa369cd854003e9fae415f28c5a199d4d6efc83d6", "cec71a13b14c4d9bd024ef29", "",
     "ab4fd35bef66addfd2856b3881ff2c74fdc09c82abe339f49736d69b2bd0a71a6b4fe8fc53f50f8b7d6d6d6138ab442c"
     "7f653f",
     "69a079bca9a6a26707bbfa7fd83d5d091edc88a7f7ff08bd8656d8f2c92144ff23400fcb5c370b596ad6711f386e18f2"
     "629e766d2b7861a3c59ba5a3e3a11c92bb2b14",
     Authentic::kYes},
    {"NIST CAVP gcmEncryptExtIV256 PTlen 408 Count 2", EspCipher::kAes256Gcm16,
     "fad40c82264dc9b8d9a42c10a234138344b0133a708d8899da934bfee2bdd6b8", "0dade2c95a9b85a8d2bc13ef", "",
     "664ea95d511b2cfdb9e5fb87efdd41cbfb88f3ff47a7d2b8830967e39071a89b948754ffb0ed34c357ed6d4b4b2f8a76"
     "615c03",
     "ea94dcbf52b22226dda91d9bfc96fb382730b213b66e30960b0d20d2417036cbaa9e359984eea947232526e175f49739"
     "095e695ca8905d469fffec6fba7435ebdffdaf",
     Authentic::kYes},
    {"NIST CAVP gcmDecrypt256 PTlen 0 Count 1", EspCipher::kAes256Gcm16,
     "e5a8123f2e2e007d4e379ba114a2fb66e6613f57c72d4e4f024964053028a831", "51e43385bf533e168427e1ad", "", "",
     "38fe845c66e66bdd884c2aecafd280e6", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 0 Count 2", EspCipher::kAes256Gcm16,
     "c5ba3bf9ada560fb0301cd4e0b8b8a46a2aff2400395a72ed5804b3c755c4e59", "de2b956e704063c000f28bbb", "", "",
     "04eb9b20fd4548dc71594f20073a45a2", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 128 Count 2", EspCipher::kAes256Gcm16,
     "c997768e2d14e3d38259667a6649079de77beb4543589771e5068e6cd7cd0b14", "835090aed9552dbdd45277e2", "", "",
     "9f6607d68e22ccf21928db0986be126ef32617f67c574fd9f44ef76ff880ab9f", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 128 Count 3", EspCipher::kAes256Gcm16,
     "f05871fa6fced6d88fb68b0f2cd8b3ff6298901c38799be6be33e7d6193a18e6", "1424ef6d15967c05509e50f2", "", "",
     "8492fe9e53510d96d9c2aa00e496711233656dd6b89763313b4fd0105f506310", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 104 Count 0", EspCipher::kAes256Gcm16,
     "8b37c4b8cf634704920059866ad96c49e9da502c63fca4a3a7a4dcec74cb0610", "cb59344d2b06c4ae57cd0ea4", "", "",
     "66ab935c93555e786b775637a3d8733acbb564d8afaa99d7ca2e2f92a9", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 104 Count 3", EspCipher::kAes256Gcm16,
     "0d59185a349c144898a17b6f297921f00c8fb91a6b57a5cc9ae426ae856ae595", "a35e7741dd7650a91330cc51", "", "",
     "e80b6e94fd726de703166115aa8ea5c6f198c774543e7cd542869c2556", Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 256 Count 3", EspCipher::kAes256Gcm16,
     "a6da42afcc5b86f989910f7d27f29362a4e4a07ab9b7090d5820cbf97faf0729", "fa099d57bdcec5b25ee2e20d", "", "",
     "c70900c56aaedf2af746e834d39af7eed53b86b1e832d9f72bcf35ecf814428244d3f379ca0c4afa71b147bc84d49143",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 256 Count 6", EspCipher::kAes256Gcm16,
     "0b8737745cec106c43279a598ab1a2ea47f68a47e0ba6df700c62d989390e500", "8b73a8b683913aedfae85acd", "", "",
     "94520227f3ad20f8697370e859ef5921ef5bd5f9abfb7e72a51d04aff8be797f220c973ca470647a5cf5ed72913f3f68",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 408 Count 1", EspCipher::kAes256Gcm16,
     "28ae911ee685872d906de12d7696351df8ef2234a74a95efa4ea15b327338fe0", "2fe6a815d4865181fade5fac", "", "",
     "1168442ef64656ef6577fb42c1919c84aae856388e4db9945bb8c9b8412bbe6458bc400444d5d2bf2630f83468f66f9e"
     "46e790b75f616fd1a3d6563b62b899e5a7e522",
     Authentic::kNo},
    {"NIST CAVP gcmDecrypt256 PTlen 408 Count 2", EspCipher::kAes256Gcm16,
     "38432203538b50a061fc039042631fd9b010742546bd39934d9cc9c44c18c2c7", "518283fc944974a2553e6ddd", "", "",
     "c88cf482426976586b0f3edcc3ddaab2ec8cc9f40d19a7caa70de3b2f2cc7e095b79d1b917fd52b7697bad5dcc6d6689"
     "938c655b3ebd1f318bbf8690d00a2233461a18",
     Authentic::kNo},
    {"draft-mcgrew-gcm-test-01 case 1", EspCipher::kAes128Gcm16, "4c80cdefbb5d10da906ac73c3613a634",
     "2e443b684956ed7e3b244cfe", "000043218765432100000000",
     "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564700373"
     "69700963796265726369747902646b000021000101020201",
     "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d"
     "15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe722fd04796562dfdb4",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 2", EspCipher::kAes128Gcm16, "feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "0000a5f80000000a",
     "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d0010000010000000000000373697009637962"
     "65726369747902646b00000100010001",
     "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642"
     "cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 3", EspCipher::kAes256Gcm16,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab", "112233440102030405060708", "4a2cbfe300000002",
     "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b401010402"
     "01020201",
     "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99d"
     "ef842d8eb335f4eecfdbf831824b4c4915956c96",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 4", EspCipher::kAes128Gcm16, "00000000000000000000000000000000",
     "000000000000000000000000", "0000000000000001",
     "4500003c99c500008001cb7a40679318010101010800075c020044006162636465666768696a6b6c6d6e6f7071727374"
     "75767761626364656667686901020201",
     "4688daf2f973a392732909c331d56d60f694abaa414b5e7ff5fdcdfff5e9a284456476492719ffb64de7d9dca1e1d894"
     "bc3bd57873ed4d181d19d4d5c8c18af3f821d496eeb096e98ad2b69e4799c71d",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 5", EspCipher::kAes128Gcm16, "3de09874b388e6491988d0c3607eae1f",
     "57690e434e280000a2fca1a3", "42f67e3f1010101010101010",
     "4500003c99c300008001cb7c40679318010101010800085c020043006162636465666768696a6b6c6d6e6f7071727374"
     "75767761626364656667686901020201",
     "fba2caa4853cf9f0f22cb10d86dd83b0fec75691cf1a04b00d1138ec9c35791765acbd8701ad79845bf9fe3fba487bc9"
     "1755e6662b4c8d0d1f5e22739530320ae0d731cc978ecafaeae88f00e80d6e48",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 6", EspCipher::kAes128Gcm16, "3de09874b388e6491988d0c3607eae1f",
     "57690e434e280000a2fca1a3", "42f67e3f1010101010101010", "4500001c42a200008001441f406793b6e00000020a00f5ff01020201",
     "fba2ca845e5df9f0f22c3e6e86dd831e1fc65792cd1af9130e1379ed369f071f35e034be95f112e4e7d05d35", Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 8", EspCipher::kAes128Gcm16, "abbccddef00112233445566778899aab",
     "decaf888cafedebaceface74", "000001000000000000000001",
     "4500004933ba00007f119106c3fb1d10c2b1d326c02831ce0035dd7b800302d500004e20001e8c18d75b81dc91baa047"
     "6b91b924b280389d92c963bac046ec959b6266c04722b14923010101",
     "18a6fd42f72cbf4ab2a2ea901f73d814e3e7f243d95412e1c349c1d2fbec168f9190feebaf2cb01984e65863965d7472"
     "b79da345e0e780191f0d2f0e0f496c226f2127b27db35724e7845d68651f57e65f354f75ff17015769623436",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 9", EspCipher::kAes256Gcm16,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab", "73616c74616e640169766563",
     "17405e67156f3126dd0db99b", "45080028732c00004006e9f90a0106120a01038f06b88023dd6bafbecb71260250101f646d540001",
     "f2d69ecdbd5a0d5b8d5ef38bad4da58d1f278fde98ef67549d524a3018d9a57ff4d3a31ce673119e451626c2415771e3"
     "b7eebca614c89b35",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 10", EspCipher::kAes128Gcm16, "3de09874b388e6491988d0c3607eae1f",
     "57690e434e280000a2fca1a3", "42f67e3f1010101010101010",
     "45000049333e00007f119182c3fb1d10c2b1d326c02831ce0035cb458003025b000001e0001e8c18d65759d52284a035"
     "2c71475c8880391c764d6e5ee0496b325ae270c03899493915010101",
     "fba2cad12fc1f9f00d3cebf305410db83d7784b607323d220f24b0a97d54182800cadb0f68d99ef0e0c0c89ae9bea888"
     "4e52d65bc1afd0740f742444747b5b39ab533163aad4550ee5160975cdb608c5769189609763b8e18caa81e2",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 11", EspCipher::kAes256Gcm16,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab", "73616c74616e640169766563",
     "17405e67156f3126dd0db99b",
     "636973636f0172756c657301746865016e6574776501646566696e6501746865746563686e6f6c6f6769657301746861"
     "7477696c6c01646566696e65746f6d6f72726f7701020201",
     "d4b7ed86a1777f2ea13d6973d324c69e7b43f826fb56831226508bebd2dceb18d0a6df10e5487df074113e14c641024e"
     "3e6773d91a62ee429b043a10e3efe6b012a49363412364f8c0cac587f249e56b11e24f30e44ccc76",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 12", EspCipher::kAes128Gcm16, "7d773d00c144c525ac619d18c84a3f47",
     "d966426743457e9182443bc6", "335467aeffffffff", "01020201", "437f866bcb3f699fe9b0822bac961c4504bef270",
     Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 13", EspCipher::kAes128Gcm16, "abbccddef00112233445566778899aab",
     "decaf888cafedebaceface74", "000001000000000000000001", "746f016265016f72016e6f7401746f0162650001",
     "29c9fc69a197d038ccdd14e2ddfcaa0543332164412503524303ed3c6c5f283843af8c3e", Authentic::kYes},
    {"draft-mcgrew-gcm-test-01 case 14", EspCipher::kAes256Gcm16,
     "6c6567616c697a656d6172696a75616e61616e64646f69746265666f72656961", "7475726e333021696765746d",
     "796b6963ffffffffffffffff",
     "45000030da3a00008001df3bc0a80005c0a800010800c6cd020007006162636465666768696a6b6c6d6e6f7071727374"
     "01020201",
     "f97ab2aa356d8edce17644ac8c78e25dd24dedbb29ebf1b64a274b39b49c3a864cd3d78ca4ae68a32b42458fb57dbe82"
     "1dcc63b9d0937ba2945f669368661a329fb4c053",
     Authentic::kYes},
    {"RFC 8439 §2.8.2", EspCipher::kChaCha20Poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "070000004041424344454647",
     "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
     "6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b"
     "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
     Authentic::kYes},
    {"RFC 7634 appendix A", EspCipher::kChaCha20Poly1305,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "a0a1a2a31011121314151617", "0102030400000005",
     "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f10111213"
     "1415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363701020204",
     "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb61aa95dfab4c02f7"
     "2aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e076aaa8266b7fb0f7"
     "b11b369907e1ad43",
     Authentic::kYes},
}};

}  // namespace levelgate::testing
