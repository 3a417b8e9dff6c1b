// evaluate geo_polygon_lookup and geo_line_lookup: rows with the shapes around or near their place.
#include "query/convert.hpp"
#include "query/operators/make.hpp"
#include "query/sphere.hpp"

#include <algorithm>
#include <cmath>

namespace harrier::query {

namespace {

/// A shape of the lookup table, and a circle around it.
struct Place {
  std::uint32_t row = 0;
  SphereShape shape;
  SpherePoint centre;
  double reach = 0;  ///< radians
};

Place place_of(std::uint32_t row, SphereShape shape) {
  Place place{row, std::move(shape), {}, 0};
  SpherePoint sum;
  for (const SpherePath& path : place.shape.paths) {
    for (const SpherePoint& p : path) sum = {sum.x + p.x, sum.y + p.y, sum.z + p.z};
  }
  const double length = std::hypot(sum.x, sum.y, sum.z);
  place.centre = length > 0 ? SpherePoint{sum.x / length, sum.y / length, sum.z / length}
                            : SpherePoint{0, 0, 1};
  for (const SpherePath& path : place.shape.paths) {
    for (std::size_t i = 0; i < path.size(); ++i) {
      // An edge may reach further out than its ends, by less than its own length.
      const double edge = angle_between(path[i], path[(i + 1) % path.size()]);
      place.reach = std::max(place.reach, angle_between(place.centre, path[i]) + edge / 2);
    }
  }
  return place;
}

class ShapeLookupOperator final : public Operator {
 public:
  ShapeLookupOperator(OperatorPtr input, std::vector<ExpressionPtr> degrees, TablePtr table,
                      std::vector<Place> places, bool polygons, double radius, bool unmatched,
                      QueryContext& context)
      : input_(std::move(input)),
        degrees_(std::move(degrees)),
        table_(std::move(table)),
        places_(std::move(places)),
        polygons_(polygons),
        angle_(radius / kEarthRadius),
        unmatched_(unmatched),
        context_(context) {}

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr longitudes, degrees_[0]->evaluate(chunk));
    HARRIER_TRY(const VectorPtr latitudes, degrees_[1]->evaluate(chunk));
    std::vector<std::uint32_t> left;
    std::vector<std::uint32_t> right;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      HARRIER_TRYV(context_.check());
      const Value longitude = longitudes->at(row);
      const Value latitude = latitudes->at(row);
      bool any = false;
      if (!longitude.null && !latitude.null && is_place(longitude.r, latitude.r)) {
        const SpherePoint p = sphere_point(longitude.r, latitude.r);
        for (const Place& place : places_) {
          if (!matches(place, p)) continue;
          any = true;
          left.push_back(row);
          right.push_back(place.row);
        }
      }
      if (any || !unmatched_) continue;
      left.push_back(row);
      right.push_back(kNoRow);
    }
    out = gather(chunk, left);
    for (const VectorPtr& column : table_->all().columns) {
      out.columns.push_back(gather_outer(column, right));
    }
    out.rows = left.size();
    return true;
  }

 private:
  [[nodiscard]] bool matches(const Place& place, const SpherePoint& p) const {
    const double reach = place.reach + (std::isnan(angle_) ? 0 : angle_);
    if (angle_between(place.centre, p) > reach * 1.0001) return false;
    if (polygons_ && contains(place.shape, p)) return true;
    if (std::isnan(angle_)) return false;
    return angle_between(p, nearest_on_border(place.shape, polygons_, p)) <= angle_;
  }

  OperatorPtr input_;
  std::vector<ExpressionPtr> degrees_;
  TablePtr table_;
  std::vector<Place> places_;
  bool polygons_;
  double angle_;  ///< NaN: within only
  bool unmatched_;
  QueryContext& context_;
};

}  // namespace

Result<OperatorPtr> make_shape_lookup(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  std::vector<ExpressionPtr> degrees;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    HARRIER_TRY(ExpressionPtr one, compile_expression(node.args[i], Scope{execution}));
    degrees.push_back(std::move(one));
  }
  HARRIER_TRY(TablePtr table, execution.run(node.tables[0]));
  StringHeap heap;
  HARRIER_TRY(const Value name, constant_of(node.args[2], Scope{execution}, heap));
  HARRIER_TRY(const Value radius, constant_of(node.args[3], Scope{execution}, heap));
  HARRIER_TRY(const Value unmatched, constant_of(node.args[4], Scope{execution}, heap));
  if (!radius.null && !(radius.r >= 0)) {
    return Error(Errc::query, node.name + ": the radius is negative");
  }
  const kql::Schema& schema = node.tables[0]->schema;
  std::size_t column = 0;
  while (column + 1 < schema.size() && schema[column].name != name.s) ++column;
  const bool polygons = node.name == "geo_polygon_lookup";
  std::vector<Place> places;
  for (std::uint32_t row = 0; row < table->rows(); ++row) {
    const Value text = table->at(column, row);
    if (text.null) continue;
    auto shape = polygons ? read_polygon(text.s) : read_line(text.s);
    if (shape) places.push_back(place_of(row, std::move(*shape)));
  }
  return OperatorPtr(std::make_unique<ShapeLookupOperator>(
      std::move(input), std::move(degrees), std::move(table), std::move(places), polygons,
      radius.null ? NAN : radius.r, !unmatched.null && unmatched.i != 0, execution.context()));
}

}  // namespace harrier::query
