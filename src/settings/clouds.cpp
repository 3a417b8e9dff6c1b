#include "settings/values.hpp"

namespace harrier::settings {

// Hosts of each cloud: Microsoft's pages on national clouds, on Defender for US government
// customers, and on the Office 365 Management Activity API. `defender` is the Defender for Endpoint
// API.

Endpoints default_endpoints(Cloud cloud) {
  switch (cloud) {
    case Cloud::public_:
      return {"https://login.microsoftonline.com", "https://graph.microsoft.com",
              "https://api.security.microsoft.com", "https://manage.office.com"};
    case Cloud::gcc:
      return {"https://login.microsoftonline.com", "https://graph.microsoft.com",
              "https://api-gcc.securitycenter.microsoft.us", "https://manage-gcc.office.com"};
    case Cloud::gcc_high:
      return {"https://login.microsoftonline.us", "https://graph.microsoft.us",
              "https://api-gov.securitycenter.microsoft.us", "https://manage.office365.us"};
    case Cloud::dod:
      return {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us",
              "https://api-gov.securitycenter.microsoft.us", "https://manage.protection.apps.mil"};
    case Cloud::china:
      return {"https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn",
              "", "https://manage.office365.cn"};
  }
  return {};
}

Scopes default_scopes(Cloud cloud) {
  const Endpoints endpoints = default_endpoints(cloud);
  // Defender for Endpoint's tokens name its older host on the public cloud.
  const std::string defender = cloud == Cloud::public_
                                   ? std::string("https://api.securitycenter.microsoft.com")
                                   : endpoints.defender;
  return {endpoints.graph + "/.default", defender.empty() ? defender : defender + "/.default",
          endpoints.office365 + "/.default"};
}

}  // namespace harrier::settings
