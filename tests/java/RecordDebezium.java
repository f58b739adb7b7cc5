import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Records the change events of a live database with Debezium, in the layout of the Kafka Connect S3 sink.
 *
 * <p>Arguments: connector, port, password, folder of the topics, records of a file at most. Ends when a record with the text `the
 * end` arrives; then all before it are written.
 */
public class RecordDebezium {
  private static final int SECONDS_MAX = 60;

  private static final Map<String, Map<String, String>> CONNECTORS =
      Map.of(
          "postgresql",
          Map.of(
              "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
              "database.dbname", "postgres",
              "plugin.name", "pgoutput",
              "slot.name", "live",
              "table.include.list", "public.orders,public.done"),
          "mariadb",
          Map.of(
              "connector.class", "io.debezium.connector.mariadb.MariaDbConnector",
              "database.server.id", "77",
              "database.include.list", "shop",
              "table.include.list", "shop.orders,shop.done",
              "schema.history.internal", "io.debezium.relational.history.MemorySchemaHistory",
              "include.schema.changes", "false",
              "database.ssl.mode", "disable"));

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.putAll(CONNECTORS.get(arguments[0]));
    properties.putAll(
        Map.of(
            "name", "recorder",
            "offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
            "database.hostname", "127.0.0.1",
            "database.port", arguments[1],
            "database.user", "ada",
            "database.password", arguments[2],
            "topic.prefix", "live",
            "decimal.handling.mode", "string",
            "provide.transaction.metadata", "true",
            "poll.interval.ms", "50"));
    properties.putAll(
        Map.of("key.converter.schemas.enable", "false", "value.converter.schemas.enable", "false"));
    Map<String, List<String>> topics = new TreeMap<>();
    CountDownLatch end = new CountDownLatch(1);
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(properties)
            .notifying(
                event -> {
                  String value = event.value() == null ? "null" : event.value();
                  synchronized (topics) {
                    topics.computeIfAbsent(event.destination(), topic -> new ArrayList<>()).add(value);
                  }
                  if (value.contains("\"the end\"")) {
                    end.countDown();
                  }
                })
            .using(
                (isWell, message, error) -> {
                  System.err.println(message);
                  if (error != null) {
                    error.printStackTrace();
                  }
                })
            .build();
    Thread running = new Thread(engine);
    running.setDaemon(true);
    running.start();
    boolean isWhole = end.await(SECONDS_MAX, TimeUnit.SECONDS);
    if (isWhole) {
      synchronized (topics) {
        write(topics, Path.of(arguments[3]), Integer.parseInt(arguments[4]));
      }
    }
    // Without waiting for the connector, which the database's end stops.
    Runtime.getRuntime().halt(isWhole ? 0 : 1);
  }

  private static void write(Map<String, List<String>> topics, Path folder, int most) throws Exception {
    for (Map.Entry<String, List<String>> topic : topics.entrySet()) {
      Path place = Files.createDirectories(folder.resolve(topic.getKey()).resolve("partition=0"));
      List<String> values = topic.getValue();
      for (int first = 0; first < values.size(); first += most) {
        List<String> part = values.subList(first, Math.min(first + most, values.size()));
        String name = String.format("%s+0+%010d.json", topic.getKey(), first);
        Files.writeString(place.resolve(name), String.join("\n", part) + "\n");
      }
    }
  }
}
