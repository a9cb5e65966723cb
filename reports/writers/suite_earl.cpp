// EARL 1.0 as JSON-LD: one assertion for each case.
#include <nlohmann/json.hpp>

#include "reports/quantity.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

/// A part of an IRI: everything that is not unreserved is escaped.
std::string iri_part(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~/"}.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

json context() {
  return {{"earl", "http://www.w3.org/ns/earl#"},
          {"doap", "http://usefulinc.com/ns/doap#"},
          {"dct", "http://purl.org/dc/terms/"},
          {"xsd", "http://www.w3.org/2001/XMLSchema#"},
          {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
          {"assertedBy", {{"@id", "earl:assertedBy"}, {"@type", "@id"}}},
          {"subject", {{"@id", "earl:subject"}, {"@type", "@id"}}},
          {"test", {{"@id", "earl:test"}, {"@type", "@id"}}},
          {"mode", {{"@id", "earl:mode"}, {"@type", "@id"}}},
          {"result", "earl:result"},
          {"outcome", {{"@id", "earl:outcome"}, {"@type", "@id"}}},
          {"info", "earl:info"},
          {"title", "dct:title"},
          {"description", "dct:description"},
          {"isPartOf", {{"@id", "dct:isPartOf"}, {"@type", "@id"}}},
          {"source", {{"@id", "dct:source"}, {"@type", "@id"}}},
          {"date", {{"@id", "dct:date"}, {"@type", "xsd:dateTime"}}}};
}

json assertion(const suite_record& run, const conform::case_result& of, const std::string& subject,
               const std::string& tool) {
  const std::string test = "urn:wanwu:suite:" + iri_part(run.suite.id);
  std::string info = of.reason;
  if (of.deviation) info = info.empty() ? "passed with a deviation" : "deviation: " + info;
  if (!of.waived.empty()) info += (info.empty() ? "waived: " : "; waived: ") + of.waived;
  json clauses = json::array();
  for (std::size_t i = 0; i < of.clauses.size(); ++i) clauses.push_back(clause_name(of, i));
  json result{{"@type", "earl:TestResult"},
              {"outcome", earl_of(of)},
              {"date", show_instant(run.about.started_unix_ms)}};
  if (!info.empty()) result["info"] = info;
  json criterion{{"@id", test + "#" + iri_part(of.id)}, {"@type", "earl:TestCase"}, {"title", of.id},
                 {"description", of.objective},         {"isPartOf", test},         {"dct:subject", clauses}};
  // Not earl:pointer: that leads to a place in what was tested.
  if (!of.file.empty())
    criterion["source"] = "urn:wanwu:file:" + iri_part(of.file) + "#L" + std::to_string(of.line);
  return {{"@type", "earl:Assertion"}, {"assertedBy", tool}, {"subject", subject},
          {"mode", "earl:automatic"},  {"test", criterion},  {"result", result}};
}

}  // namespace

std::string write_suite_earl(const suite_record& run, const suite_summary&) {
  const auto subject =
      "urn:wanwu:target:" + iri_part(run.about.target_name.empty() ? "unknown" : run.about.target_name);
  const auto tool = "urn:wanwu:tool:" + iri_part(run.about.tool_version);
  json graph = json::array();
  graph.push_back({{"@id", subject},
                   {"@type", {"earl:TestSubject", "doap:Project"}},
                   {"doap:name", run.about.target_name}});
  graph.push_back({{"@id", tool},
                   {"@type", {"earl:Software", "earl:Assertor"}},
                   {"title", "wanwu " + run.about.tool_version}});
  for (const auto& one : run.cases) graph.push_back(assertion(run, one, subject, tool));
  const json out{{"@context", context()}, {"@graph", graph}};
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
