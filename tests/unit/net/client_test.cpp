#include "unit/net/net_fixture.hpp"

#include <fmt/format.h>

#include <random>

using namespace harrier;
using namespace std::chrono_literals;
using test::FakeServer;
using test::Fault;
using test::NetLoop;
using test::Packing;
using test::Reply;

namespace {

std::string random_text(std::size_t size) {
  std::minstd_rand random(5);
  std::string out(size, ' ');
  for (char& c : out) c = static_cast<char>('a' + random() % 26);
  return out;
}

Errc code_of(const Result<test::Answer>& answer) {
  REQUIRE(answer.has_error());
  return answer.error().code;
}

net::Request request_to(std::string url, std::chrono::milliseconds timeout = 20s) {
  net::Request request;
  request.url = std::move(url);
  request.timeout = timeout;
  return request;
}

}  // namespace

TEST_CASE("A GET brings status, headers and body", "[net][client]") {
  FakeServer server;
  server.script("/x", Reply(201, "hello").with("X-One", "1").with("x-one", "2"));
  NetLoop loop;

  const auto answer = loop.get(server.url("/x?$top=1"));

  REQUIRE(answer.has_value());
  CHECK(answer->status == 201);
  CHECK(answer->body == "hello");
  REQUIRE(server.requests().size() == 1);
  const auto seen = server.requests()[0];
  CHECK(seen.method == "GET");
  CHECK(seen.target == "/x?$top=1");
  CHECK(seen.header("Host") == fmt::format("127.0.0.1:{}", server.port()));
  CHECK(seen.header("User-Agent").substr(0, 8) == "harrier/");
  CHECK(seen.header("Accept-Encoding") == "gzip");
}

TEST_CASE("A POST sends its body and headers", "[net][client]") {
  FakeServer server;
  server.script("POST /x", Reply(200, "ok"));
  NetLoop loop;
  auto request = request_to(server.url("/x"));
  request.method = net::Method::post;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = random_text(300'000);
  const std::string body = request.body;

  REQUIRE(loop.send(std::move(request)).has_value());

  CHECK(server.requests()[0].body == body);
  CHECK(server.requests()[0].header("content-type") == "application/json");
}

TEST_CASE("Bodies of every framing and packing arrive whole", "[net][client]") {
  FakeServer server;
  const std::string body = random_text(700'000);
  NetLoop loop;
  for (const Packing packing :
       {Packing::none, Packing::gzip, Packing::raw_deflate, Packing::zlib}) {
    for (const std::size_t chunk :
         {std::size_t{0}, std::size_t{1000}, std::size_t{65536}, std::size_t{200'000}}) {
      for (const bool until_close : {false, true}) {
        if (until_close && chunk > 0) continue;
        Reply reply = Reply(200, body).pack(packing).chunks(chunk);
        reply.until_close = until_close;
        server.script("/body", reply);
        const auto answer = loop.get(server.url("/body"));
        INFO("packing " << static_cast<int>(packing) << " chunk " << chunk << " until close "
                        << until_close);
        REQUIRE(answer.has_value());
        CHECK((answer->body == body));
      }
    }
  }
}

TEST_CASE("Tiny chunks with trickling bytes are put together", "[net][client]") {
  FakeServer server;
  std::string wire = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int i = 0; i < 5000; ++i) {
    body += static_cast<char>('a' + i % 26);
    wire += fmt::format("1;ext=\"{}\"\r\n{}\r\n", i, body.back());
  }
  server.script("/x", Reply().raw(wire + "0\r\nTrailer: x\r\n\r\n"));
  NetLoop loop;
  CHECK(loop.get(server.url("/x"))->body == body);
}

TEST_CASE("An answer without a body ends with its head", "[net][client]") {
  FakeServer server;
  server.script("/x", Reply().raw("HTTP/1.1 204 No Content\r\n\r\n"));
  NetLoop loop;
  for (int i = 0; i < 3; ++i) CHECK(loop.get(server.url("/x"))->body.empty());
  CHECK(server.connections() == 1);
}

TEST_CASE("An interim answer is passed over", "[net][client]") {
  FakeServer server;
  server.script("/x", Reply().raw("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 "
                                  "OK\r\nContent-Length: 2\r\n\r\nok"));
  NetLoop loop;
  const auto answer = loop.get(server.url("/x"));
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "ok");
}

TEST_CASE("A connection is used again when its answer was read", "[net][client][pool]") {
  FakeServer server;
  server.script("/x", Reply(200, random_text(100'000)).pack(Packing::gzip));
  server.script("/chunked", Reply(200, "abc").chunks(1));
  NetLoop loop;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(loop.get(server.url("/x")).has_value());
    REQUIRE(loop.get(server.url("/chunked")).has_value());
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("A connection is not used again when it says so or was left unread",
          "[net][client][pool]") {
  FakeServer server;
  server.script("/close", Reply(200, "x").with("Connection", "close"));
  server.script("/left", Reply(200, random_text(500'000)));
  NetLoop loop;
  REQUIRE(loop.get(server.url("/close")).has_value());
  REQUIRE(loop.get(server.url("/close")).has_value());
  CHECK(server.connections() == 2);
  REQUIRE(loop.run(loop.http().send(request_to(server.url("/left")))).has_value());
  REQUIRE(loop.run(loop.http().send(request_to(server.url("/left")))).has_value());
  CHECK(server.connections() == 4);
}

TEST_CASE("Idle connections expire", "[net][client][pool]") {
  FakeServer server;
  server.script("/x", Reply(200, "x"));
  net::HttpOptions options;
  options.idle_timeout = 0ms;
  NetLoop loop({}, std::move(options));
  REQUIRE(loop.get(server.url("/x")).has_value());
  REQUIRE(loop.get(server.url("/x")).has_value());
  CHECK(server.connections() == 2);
}

TEST_CASE("A connection that the server closed while idle is replaced", "[net][client][pool]") {
  FakeServer server;
  server.script("/x", Reply(200, "x"));
  NetLoop loop;
  REQUIRE(loop.get(server.url("/x")).has_value());
  server.drop_connections();
  REQUIRE(loop.get(server.url("/x")).has_value());
  CHECK(server.connections() == 2);
}

TEST_CASE("A reused connection that is reset before an answer is repeated once on a new one",
          "[net][client][pool]") {
  for (const Fault fault : {Fault::reset, Fault::close}) {
    FakeServer server;
    server.script("/x", [fault](const test::SeenRequest& seen) {
      return seen.connection == 1 && !seen.header("Second").empty() ? Reply().fail(fault)
                                                                    : Reply(200, "x");
    });
    NetLoop loop;
    REQUIRE(loop.get(server.url("/x")).has_value());
    auto request = request_to(server.url("/x"));
    request.method = net::Method::post;
    request.body = "payload";
    request.headers.emplace_back("Second", "yes");

    const auto answer = loop.send(std::move(request));

    REQUIRE(answer.has_value());
    const auto seen = server.requests();
    REQUIRE(seen.size() == 3);
    CHECK(seen[2].body == "payload");
    CHECK(seen[2].connection == 2);
  }
}

TEST_CASE("A new connection that is reset is not tried again", "[net][client]") {
  for (const Fault fault : {Fault::reset, Fault::close}) {
    FakeServer server;
    server.script("/x", Reply().fail(fault));
    NetLoop loop;
    CHECK(code_of(loop.get(server.url("/x"))) == Errc::unavailable);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("A torn answer is an error, whatever its framing", "[net][client]") {
  FakeServer server;
  NetLoop loop;
  const std::string body = random_text(200'000);
  for (const std::size_t chunk : {std::size_t{0}, std::size_t{50'000}}) {
    for (const Packing packing : {Packing::none, Packing::gzip}) {
      server.script("/torn", Reply(200, body).pack(packing).chunks(chunk).fail(Fault::torn));
      CHECK(code_of(loop.get(server.url("/torn"))) == Errc::protocol);
      server.script("/reset", Reply(200, body).pack(packing).chunks(chunk).fail(Fault::torn_reset));
      const Errc code = code_of(loop.get(server.url("/reset")));
      CHECK((code == Errc::unavailable || code == Errc::protocol));
    }
  }
  Reply half = Reply(200, body).pack(Packing::gzip).fail(Fault::torn);
  half.until_close = true;
  server.script("/close", half);
  CHECK(code_of(loop.get(server.url("/close"))) == Errc::protocol);
}

TEST_CASE("Answers against HTTP are errors", "[net][client]") {
  FakeServer server;
  NetLoop loop;
  server.script("/garbage", Reply().fail(Fault::garbage));
  server.script(
      "/lengths",
      Reply().raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"));
  server.script(
      "/both",
      Reply().raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"));
  server.script("/chunk",
                Reply().raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nXYZ\r\nabc\r\n"));
  server.script("/header",
                Reply().raw("HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x') + "\r\n\r\n"));
  server.script(
      "/packed",
      Reply().raw("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"));
  server.script("/head", Reply().raw("HTTP/1.1 200 OK\r\nContent-Le"));
  for (const char* target : {"/garbage", "/lengths", "/both", "/chunk", "/header", "/packed"}) {
    INFO(target);
    CHECK(code_of(loop.get(server.url(target))) == Errc::protocol);
  }
}

TEST_CASE("A silent server meets the deadline, before the head and in the body", "[net][client]") {
  FakeServer server;
  server.script("/hang", Reply().fail(Fault::hang));
  server.script("/stall", Reply(200, random_text(10'000)).fail(Fault::hang_in_body));
  NetLoop loop;

  const auto hung = loop.send(request_to(server.url("/hang"), 50ms));
  const auto stalled = loop.send(request_to(server.url("/stall"), 50ms));

  CHECK(code_of(hung) == Errc::timeout);
  CHECK(hung.error().message.find("/hang: no answer within 50 ms") != std::string::npos);
  CHECK(code_of(stalled) == Errc::timeout);
}

TEST_CASE("A refused connection is unavailable", "[net][client]") {
  std::string url;
  {
    FakeServer server;
    url = server.url("/x");
  }
  NetLoop loop;
  CHECK(code_of(loop.get(url)) == Errc::unavailable);
}

TEST_CASE("Plain http leaves the machine for nobody", "[net][client][security]") {
  NetLoop loop;
  CHECK(code_of(loop.get("http://graph.microsoft.test/x")) == Errc::config);
  CHECK(code_of(loop.get("http://169.254.169.254/x")) == Errc::config);
}

TEST_CASE("A header cannot smuggle another one", "[net][client][security]") {
  FakeServer server;
  NetLoop loop;
  auto request = request_to(server.url("/x"));
  request.headers.emplace_back("X", "a\r\nY: b");
  CHECK(code_of(loop.send(std::move(request))) == Errc::protocol);
  CHECK(server.connections() == 0);
}

TEST_CASE("Errors name host and path, never the query", "[net][client][security]") {
  NetLoop loop;
  const auto answer = loop.get("http://graph.microsoft.test/path?sig=secret");
  REQUIRE(answer.has_error());
  CHECK(answer.error().message.find("graph.microsoft.test/path") == 0);
  CHECK(answer.error().message.find("secret") == std::string::npos);
}

TEST_CASE("A bomb is stopped on the way", "[net][client]") {
  FakeServer server;
  server.script("/x", Reply(200, std::string(std::size_t{8} << 20, '0')).pack(Packing::gzip));
  net::HttpOptions options;
  options.inflate.ratio_from = 1 << 20;
  options.inflate.max_ratio = 50;
  NetLoop loop({}, std::move(options));
  CHECK(code_of(loop.get(server.url("/x"))) == Errc::protocol);
}

TEST_CASE("read_all is bounded", "[net][client]") {
  FakeServer server;
  server.script("/x", Reply(200, "0123456789"));
  NetLoop loop;
  auto response = loop.run(loop.http().send(request_to(server.url("/x"))));
  REQUIRE(response.has_value());
  const auto body = loop.run(net::read_all(**response, 9));
  REQUIRE(body.has_error());
  CHECK(body.error().code == Errc::limit);
}
