// Graphs: which matches a pattern has, and in which order a path is told.
#include "query/context.hpp"
#include "support/catch.hpp"

#include "compare.hpp"

#include <chrono>

using harrier::query::test::run_query;

namespace {

/// Cells of all rows: `a|b ; c|d`.
std::string rows_of(const std::string& text) {
  auto rows = run_query(text);
  if (rows.has_error()) return rows.error().message;
  std::string out;
  for (const auto& row : rows->rows) {
    if (!out.empty()) out += " ; ";
    for (std::size_t c = 0; c < row.size(); ++c) out += (c == 0 ? "" : "|") + row[c];
  }
  return out;
}

/// A graph of edges between numbered nodes: "1,2, 2,3".
std::string graph(const std::string& edges) {
  return "datatable(a:long, b:long)[" + edges + "] | make-graph a --> b with_node_id=id ";
}

const std::string kRing = "1,2, 2,3, 3,1, 3,4";

}  // namespace

TEST_CASE("A path takes an edge once, unless told otherwise", "[graph]") {
  const std::string path =
      "(x)-[e*1..4]->(y) where x.id == 1 project path = map(e, b) "
      "| sort by array_length(path) asc, tostring(path) asc";
  CHECK(rows_of(graph(kRing) + "| graph-match " + path) == "[2] ; [2,3] ; [2,3,1] ; [2,3,4]");
  CHECK(rows_of(graph(kRing) + "| graph-match cycles=none " + path) == "[2] ; [2,3] ; [2,3,4]");
  CHECK(rows_of(graph(kRing) + "| graph-match cycles=all " + path) ==
        "[2] ; [2,3] ; [2,3,1] ; [2,3,4] ; [2,3,1,2]");
}

TEST_CASE("A path is told from left to right, wherever the search began", "[graph]") {
  const std::string match = "| graph-match (top)<-[e*1..2]-(low) where ";
  const std::string project =
      " project top.id, low.id, path = map(e, a), inside = map(inner_nodes(e), id)";
  CHECK(rows_of(graph("2,1, 3,2, 4,3") + match + "top.id == 1 and low.id == 3" + project) ==
        "1|3|[2,3]|[2]");
  CHECK(rows_of(graph("2,1, 3,2, 4,3") + match + "low.id == 4" + project + " | sort by top_id") ==
        "3|4|[4]|[] ; 2|4|[3,4]|[3]");
}

TEST_CASE("Several sequences share their nodes", "[graph]") {
  CHECK(rows_of(graph("1,2, 3,2, 2,4") +
                "| graph-match (x)-->(y)<--(z), (y)-[out]->(w) where x.id < z.id project x.id, "
                "y.id, z.id, out.b, node_degree_in(y), node_degree_out(y)") == "1|2|3|4|2|1");
  CHECK(rows_of(graph("1,2, 2,1, 1,3") + "| graph-match (x)-->(y)-->(x) project x.id, y.id "
                                         "| sort by x_id asc") == "1|2 ; 2|1");
}

TEST_CASE("An edge without direction matches both ways", "[graph]") {
  CHECK(rows_of(graph("1,1, 1,2") + "| graph-match (x)--(y) project x.id, y.id "
                                    "| sort by x_id asc, y_id asc") == "1|1 ; 1|1 ; 1|2 ; 2|1");
}

TEST_CASE("Conditions on the edges and the inner nodes of a path", "[graph]") {
  const std::string edges =
      "datatable(a:long, b:long, w:long)[1,2,5, 2,3,1, 1,3,9] | make-graph a --> b "
      "with_node_id=id | graph-match (x)-[e*0..2]->(y) where x.id == 1 and ";
  const std::string project = " project y.id, w = e.w | sort by y_id asc, tostring(w) asc";
  CHECK(rows_of(edges + "all(e, w < 6)" + project) == "1|[] ; 2|[5] ; 3|[5,1]");
  CHECK(rows_of(edges + "any(e, w > x.id * 4)" + project) == "2|[5] ; 3|[5,1] ; 3|[9]");
  CHECK(rows_of(edges + "any(inner_nodes(e), id == 2)" + project) == "3|[5,1]");
  CHECK(rows_of(edges + "not(all(inner_nodes(e), id != 2))" + project) == "3|[5,1]");
}

TEST_CASE("Shortest paths: one, all, and those that meet a condition", "[graph]") {
  const std::string edges = "1,2, 2,3, 1,4, 4,3, 3,5, 1,1";
  const std::string path = "(x)-[e*1..5]->(y) where x.id == 1 and y.id == 5";
  const std::string project = " project path = map(e, b) | sort by tostring(path) asc";
  CHECK(rows_of(graph(edges) + "| graph-shortest-paths " + path + project) == "[2,3,5]");
  CHECK(rows_of(graph(edges) + "| graph-shortest-paths output=all " + path + project) ==
        "[2,3,5] ; [4,3,5]");
  CHECK(rows_of(graph(edges) + "| graph-shortest-paths output=all " + path +
                " and any(inner_nodes(e), id == 4)" + project) == "[4,3,5]");
  CHECK(rows_of(graph(edges) +
                "| graph-shortest-paths (x)-[e*1..2]->(y) where x.id == 1 and "
                "y.id == 5" +
                project)
            .empty());
}

TEST_CASE("Components, with and without the direction of edges", "[graph]") {
  const std::string count =
      " | graph-to-table nodes | summarize nodes = count() by part | sort by part asc";
  CHECK(rows_of(graph("1,2, 2,1, 2,3, 5,4") + "| graph-mark-components with_component_id=part" +
                count) == "0|3 ; 1|2");
  CHECK(rows_of(graph("1,2, 2,1, 2,3, 5,4") +
                "| graph-mark-components kind=strong with_component_id=part | graph-to-table nodes "
                "| summarize nodes = count() by part | summarize make_set(nodes), dcount(part)") ==
        "[2,1]|4");
}

TEST_CASE("Nodes come from their table and from the edges", "[graph]") {
  CHECK(rows_of("let N = datatable(id:long, age:long)[1,7, 9,3]; datatable(a:long, b:long)[1,2] | "
                "make-graph a --> b with N on id | graph-to-table nodes | sort by id asc") ==
        "1|7 ; 2|null ; 9|3");
  CHECK(rows_of(graph("") + "| graph-match (x)-[e*0..2]->(y) where x.id != y.id project x.id")
            .empty());
  CHECK(rows_of(graph("1,2") + "| graph-to-table edges") == "1|2");
}

TEST_CASE("A search without end ends at the query's time", "[graph]") {
  const std::string wide =
      "range a from 1 to 40 step 1 | extend k = 1 | join kind=inner (range b from 1 to 40 step 1 | "
      "extend k = 1) on k | make-graph a --> b with_node_id=id | graph-match "
      "(x)-[e*9..9]->(y) where x.id + y.id < 0 project x.id";
  harrier::query::Limits limits;
  limits.deadline = std::chrono::milliseconds(50);
  const auto result = run_query(wide, limits);
  REQUIRE(result.has_error());
  CHECK(result.error().code == harrier::Errc::limit);
}

TEST_CASE("Without cycles the nodes of a pattern differ; a written cycle is kept", "[graph]") {
  const std::string match = "| graph-match cycles=none ";
  const std::string ring = graph("1,2, 2,3, 3,1, 2,1, 1,1");
  CHECK(
      rows_of(ring + match + "(a)-->(b)-->(c)-->(a) project a.id, b.id, c.id | sort by a_id asc") ==
      "1|2|3 ; 2|3|1 ; 3|1|2");
  CHECK(rows_of(ring + match + "(a)-->(b) where a.id == b.id project a.id").empty());
  CHECK(rows_of(ring + match + "(a)-[p*1..3]->(a) project a.id").empty());
  CHECK(rows_of(ring + match + "(a)-->(b), (a)-[p*2..3]->(b) project a.id, b.id, map(p, b)") ==
        "2|1|[3,1]");
}

TEST_CASE("A shortest path has no node twice", "[graph]") {
  CHECK(rows_of(graph("1,2, 2,1, 1,3") + "| graph-shortest-paths cycles=all (x)-[e*3..5]->(y) "
                                         "where x.id == 1 project y.id")
            .empty());
  CHECK(rows_of(graph("1,2, 2,1") + "| graph-shortest-paths (x)-[e*1..5]->(y) project x.id, y.id "
                                    "| sort by x_id asc") == "1|2 ; 2|1");
}

TEST_CASE("Strong components are numbered from where all edges end", "[graph]") {
  CHECK(rows_of(graph("1,2, 2,1, 2,3, 4,5") +
                "| graph-mark-components kind=strong | graph-to-table nodes | sort by id asc") ==
        "1|1 ; 2|1 ; 3|0 ; 4|3 ; 5|2");
}

TEST_CASE("The numbers of nodes are hashes of their ids", "[graph]") {
  const std::string edges =
      "datatable(a:string, b:string)['Alice','Bob'] | make-graph a --> b "
      "with_node_id=id | graph-to-table ";
  CHECK(rows_of(edges + "nodes with_node_id=h | where id == 'Alice'") ==
        "-3122868243544336885|\"Alice\"");
  CHECK(rows_of(edges + "edges with_source_id=s with_target_id=t | project s == hash(a), t == "
                        "hash(b)") == "true|true");
}
