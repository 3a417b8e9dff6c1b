// Places on the earth.
#include "kql/functions_impl.hpp"

namespace harrier::kql::functions {

namespace {

constexpr Function kFunctions[] = {
    {.name = "geo_distance_2points",
     .parameters = "p1_longitude:Number, p1_latitude:Number, p2_longitude:Number, "
                   "p2_latitude:Number, use_spheroid:Scalar?",
     .result = ScalarType::real,
     .doc = "Metres between two points on the Earth, taken as a sphere.",
     .example = "round(geo_distance_2points(-122.407628, 47.578557, -118.275287, 34.019056))",
     .shows = "1546754.0"},
    {.name = "geo_azimuth",
     .parameters =
         "p1_longitude:Number, p1_latitude:Number, p2_longitude:Number, p2_latitude:Number",
     .result = ScalarType::real,
     .doc = "Radians clockwise from north, at the first point towards the second.",
     .example = "round(geo_azimuth(5, 10, 10, -40), 6)",
     .shows = "3.054599"},
    {.name = "geo_angle",
     .parameters = "p1_longitude:Number, p1_latitude:Number, p2_longitude:Number, "
                   "p2_latitude:Number, p3_longitude:Number, p3_latitude:Number",
     .result = ScalarType::real,
     .doc = "Radians clockwise at the second point, from the first to the third.",
     .example = "round(geo_angle(0, 10, 0, 5, 3, -10), 6)",
     .shows = "2.944938"},
    {.name = "geo_point_in_circle",
     .parameters = "p_longitude:Number, p_latitude:Number, pc_longitude:Number, "
                   "pc_latitude:Number, c_radius:Number",
     .result = ScalarType::boolean,
     .doc = "True when a point lies within metres of another.",
     .example = "geo_point_in_circle(-122.317404, 47.609119, -122.3, 47.6, 18000)",
     .shows = "true"},
    {.name = "geo_point_in_polygon",
     .parameters = "longitude:Number, latitude:Number, polygon:Bag",
     .result = ScalarType::boolean,
     .doc = "True when a point lies within a GeoJSON polygon.",
     .example = "geo_point_in_polygon(1, 2, "
                "dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],[10,0],[0,10],[0,0]]]}))",
     .shows = "true"},
    {.name = "geo_point_to_geohash",
     .parameters = "longitude:Number, latitude:Number, accuracy:Number?",
     .doc = "The geohash cell of a point.",
     .example = "geo_point_to_geohash(-5.6, 42.6, 5)",
     .shows = "ezs42"},
    {.name = "geo_geohash_to_central_point",
     .parameters = "geohash:string",
     .result = ScalarType::dynamic,
     .doc = "The centre of a geohash cell, as GeoJSON.",
     .example = "geo_geohash_to_central_point(\"sunny\")",
     .shows = "{\"type\":\"Point\",\"coordinates\":[42.47314453125,23.70849609375]}"},
    {.name = "geo_geohash_to_polygon",
     .parameters = "geohash:string",
     .result = ScalarType::dynamic,
     .doc = "A geohash cell as a GeoJSON polygon.",
     .example = "geo_geohash_to_polygon(\"s\")",
     .shows = "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[45,0],[45,45],[0,45],[0,0]]]}"},
    {.name = "geo_distance_point_to_line",
     .parameters = "longitude:Number, latitude:Number, lineString:Bag",
     .result = ScalarType::real,
     .doc = "Metres from a point to the nearest place of a GeoJSON line.",
     .example = "round(geo_distance_point_to_line(0, 1, "
                "dynamic({\"type\":\"LineString\",\"coordinates\":[[-5,0],[5,0]]})))",
     .shows = "111195.0"},
    {.name = "geo_distance_point_to_polygon",
     .parameters = "longitude:Number, latitude:Number, polygon:Bag",
     .result = ScalarType::real,
     .doc = "Metres from a point to a GeoJSON polygon; 0 inside.",
     .example = "geo_distance_point_to_polygon(1, 2, "
                "dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],[10,0],[0,10],[0,0]]]}))",
     .shows = "0.0"},
    {.name = "geo_closest_point_on_line",
     .parameters = "longitude:Number, latitude:Number, lineString:Bag",
     .result = ScalarType::dynamic,
     .doc = "The place of a GeoJSON line nearest to a point.",
     .example = "geo_closest_point_on_line(0, 1, "
                "dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0],[5,0]]}))",
     .shows = "{\"type\":\"Point\",\"coordinates\":[0,0]}"},
    {.name = "geo_closest_point_on_polygon",
     .parameters = "longitude:Number, latitude:Number, polygon:Bag",
     .result = ScalarType::dynamic,
     .doc = "The place of a GeoJSON polygon nearest to a point."},
    {.name = "geo_line_length",
     .parameters = "lineString:Bag",
     .result = ScalarType::real,
     .doc = "The length of a GeoJSON line in metres.",
     .example =
         "round(geo_line_length(dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0],[1,0]]})))",
     .shows = "111195.0"},
    {.name = "geo_polygon_perimeter",
     .parameters = "polygon:Bag",
     .result = ScalarType::real,
     .doc = "The length of the borders of a GeoJSON polygon in metres.",
     .example = "round(geo_polygon_perimeter(dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],"
                "[90,0],[0,90],[0,0]]]})) / 1000)",
     .shows = "30023.0"},
    {.name = "geo_polygon_area",
     .parameters = "polygon:Bag",
     .result = ScalarType::real,
     .doc = "The area of a GeoJSON polygon in square metres.",
     .example = "round(geo_polygon_area(dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],[90,"
                "0],[0,90],[0,0]]]})) / 1e12, 2)",
     .shows = "63.76"},
    {.name = "geo_line_centroid",
     .parameters = "lineString:Bag",
     .result = ScalarType::dynamic,
     .doc = "The centre of mass of a GeoJSON line."},
    {.name = "geo_polygon_centroid",
     .parameters = "polygon:Bag",
     .result = ScalarType::dynamic,
     .doc = "The centre of mass of a GeoJSON polygon."},
    {.name = "geo_intersects_2lines",
     .parameters = "lineString1:Bag, lineString2:Bag",
     .result = ScalarType::boolean,
     .doc = "True when two GeoJSON lines have a place in common.",
     .example = "geo_intersects_2lines(dynamic({\"type\":\"LineString\",\"coordinates\":[[-1,0],[1,"
                "0]]}), dynamic({\"type\":\"LineString\",\"coordinates\":[[0,-1],[0,1]]}))",
     .shows = "true"},
    {.name = "geo_intersects_line_with_polygon",
     .parameters = "lineString:Bag, polygon:Bag",
     .result = ScalarType::boolean,
     .doc = "True when a GeoJSON line and a polygon have a place in common.",
     .example =
         "geo_intersects_line_with_polygon(dynamic({\"type\":\"LineString\",\"coordinates\":[[1,1],"
         "[2,2]]}), dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],[10,0],[0,10],[0,0]]]}))",
     .shows = "true"},
    {.name = "geo_intersects_2polygons",
     .parameters = "polygon1:Bag, polygon2:Bag",
     .result = ScalarType::boolean,
     .doc = "True when two GeoJSON polygons have a place in common.",
     .example = "geo_intersects_2polygons(dynamic({\"type\":\"Polygon\",\"coordinates\":[[[0,0],["
                "10,0],[0,10],[0,0]]]}), "
                "dynamic({\"type\":\"Polygon\",\"coordinates\":[[[20,0],[30,0],[20,10],[20,0]]]}))",
     .shows = "false"},
    {.name = "geo_line_interpolate_point",
     .parameters = "lineString:Bag, fraction:Number",
     .result = ScalarType::dynamic,
     .doc = "The place at a share of the way along a GeoJSON line.",
     .example = "geo_line_interpolate_point(dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0]"
                ",[10,0]]}), 0)",
     .shows = "{\"type\":\"Point\",\"coordinates\":[0,0]}"},
    {.name = "geo_line_locate_point",
     .parameters = "lineString:Bag, longitude:Number, latitude:Number, use_spheroid:Scalar?",
     .result = ScalarType::real,
     .doc = "How far along a GeoJSON line the place nearest to a point is: 0 to 1.",
     .example = "round(geo_line_locate_point(dynamic({\"type\":\"LineString\",\"coordinates\":[[0,"
                "0],[10,0]]}), 5, 0), 9)",
     .shows = "0.5"},
    {.name = "geo_line_densify",
     .parameters = "lineString:Bag, tolerance:Number?, preserve_crossing:Scalar?",
     .result = ScalarType::dynamic,
     .doc = "A GeoJSON line with more places, so that its great circles follow the straight line "
            "on a map within metres.",
     .example = "geo_line_densify(dynamic({\"type\":\"LineString\",\"coordinates\":[[50,50],[50.5,"
                "50.5]]}), 50)",
     .shows = "{\"type\":\"LineString\",\"coordinates\":[[50,50],[50.25,50.25],[50.5,50.5]]}"},
    {.name = "geo_line_simplify",
     .parameters = "lineString:Bag, tolerance:Number?",
     .result = ScalarType::dynamic,
     .doc = "A GeoJSON line with fewer places, none of the others further away than the tolerance "
            "in metres.",
     .example = "geo_line_simplify(dynamic({\"type\":\"LineString\",\"coordinates\":[[0,0],[1,0],["
                "2,0]]}))",
     .shows = "{\"type\":\"LineString\",\"coordinates\":[[0,0],[2,0]]}"},
    {.name = "geo_point_buffer",
     .parameters = "longitude:Number, latitude:Number, radius:Number, tolerance:Number?",
     .result = ScalarType::dynamic,
     .doc = "A GeoJSON polygon around a point, its corners metres away; the tolerance is a tenth "
            "of the radius unless given."},
    {.name = "geo_point_to_s2cell",
     .parameters = "longitude:Number, latitude:Number, level:Number?",
     .doc = "The S2 cell of a point.",
     .example = "geo_point_to_s2cell(-80.195829, 25.802215, 8)",
     .shows = "88d9b"},
    {.name = "geo_s2cell_to_central_point",
     .parameters = "s2cell:string",
     .result = ScalarType::dynamic,
     .doc = "The centre of an S2 cell."},
    {.name = "geo_s2cell_to_polygon",
     .parameters = "s2cell:string",
     .result = ScalarType::dynamic,
     .doc = "An S2 cell as a GeoJSON polygon."},
};

}  // namespace

std::span<const Function> geography() {
  return kFunctions;
}

}  // namespace harrier::kql::functions
