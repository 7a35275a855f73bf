/* How many events a second the world tells: timers, packets on a simulated segment, and
 * datagrams over loopback.
 *
 * The first two run in virtual time, so they measure the core alone. The loopback figure is put
 * beside the same exchange made with bare sendto and recvfrom, which is what the kernel costs. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "simnet.h"
#include "udp.h"

enum { PAYLOAD_LEN = 300, PING_COUNT = 200000, WINDOW = 32 };

static uint8_t payload[PAYLOAD_LEN];

static void must(bool fine, const char *what) {
  if (!fine) {
    fprintf(stderr, "world_bench: %s failed\n", what);
    exit(1);
  }
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const char *name, double count, double took) {
  printf("%-36s %10.0f events/s %8.0f ns each\n", name, count / took, took * 1e9 / count);
}

static void bench_timers(uint32_t timers, uint32_t events) {
  lab_world *world;
  must(lab_world_new(LAB_WORLD_VIRTUAL, 1, &world) == LAB_OK, "world");
  lab_rng rng;
  lab_world_rng(world, "bench", 5, &rng);
  for (uint32_t i = 0; i < timers; i++) {
    uint32_t id;
    must(lab_timer_new(world, &id) == LAB_OK, "timer");
    must(lab_timer_set(world, id, (lab_time)lab_rng_below(&rng, 1000000)) == LAB_OK, "set");
  }
  double start = seconds();
  lab_event event;
  for (uint32_t i = 0; i < events; i++) {
    must(lab_world_next(world, LAB_NEVER, &event) == 1, "next");
    lab_timer_set(world, event.timer, event.at + 1 + (lab_time)(lab_rng_u64(&rng) & 0xfffff));
  }
  char name[64];
  snprintf(name, sizeof name, "timers, %u set", timers);
  report(name, events, seconds() - start);
  lab_world_free(world);
}

static void bench_simnet(void) {
  lab_world *world;
  lab_simnet *net;
  lab_fault_settings options = {.latency = LAB_MILLISECOND, .jitter = 100, .loss = {1, 1000000000}};
  must(lab_world_new(LAB_WORLD_VIRTUAL, 1, &world) == LAB_OK, "world");
  must(lab_simnet_new(world, "lan", &options, &net) == LAB_OK, "simnet");
  lab_port *from = NULL;
  for (uint8_t i = 0; i < 2 * WINDOW; i++) { /* pairs of hosts, so that packets overlap */
    lab_port *port;
    lab_simnet_port_options host = {.mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}}, .udp_port = 67};
    must(lab_simnet_port(net, &host, &port) == LAB_OK, "port");
    must(lab_simnet_address_add(port, LAB_IP4(10, 0, 0, i + 1u)) == LAB_OK, "address");
    if (i % 2 == 1) {
      lab_packet packet = {.dst = {LAB_IP4(10, 0, 0, i + 1u), 67},
                           .payload = {payload, PAYLOAD_LEN}};
      must(lab_port_send(from, &packet) == LAB_OK, "send");
    }
    from = port;
  }
  double start = seconds();
  uint32_t events = 0;
  lab_event event;
  while (events < 2000000) {
    must(lab_world_next(world, LAB_NEVER, &event) == 1, "next");
    lab_packet packet = {.dst = event.packet.src, .payload = event.packet.payload};
    lab_port_send(event.port, &packet);
    events++;
  }
  report("simnet ping-pong, 300 octets", events, seconds() - start);
  lab_simnet_free(net);
  lab_world_free(world);
}

static double bench_udp(bool batch) {
  lab_world *world;
  lab_port *port[2];
  lab_udp_options options = {.bind = {LAB_IP4(127, 0, 0, 1), 0}, .batch = batch};
  must(lab_world_new(LAB_WORLD_REAL, 1, &world) == LAB_OK, "world");
  must(lab_udp_open(world, &options, &port[0]) == LAB_OK, "udp");
  must(lab_udp_open(world, &options, &port[1]) == LAB_OK, "udp");
  for (int i = 0; i < WINDOW; i++) {
    lab_packet packet = {.dst = port[1]->local, .payload = {payload, PAYLOAD_LEN}};
    must(lab_port_send(port[0], &packet) == LAB_OK, "send");
  }
  double start = seconds();
  lab_event event;
  for (uint32_t i = 0; i < PING_COUNT; i++) {
    must(lab_world_next(world, LAB_NEVER, &event) == 1, "next");
    lab_packet packet = {.dst = event.packet.src, .payload = event.packet.payload};
    lab_port_send(event.port, &packet);
  }
  double took = seconds() - start;
  report(batch ? "loopback, sends gathered" : "loopback, sends at once", PING_COUNT, took);
  lab_world_free(world);
  return took;
}

/* The same packets without the world: 32 read, each answered. */
static double bench_bare(void) {
  int fd[2];
  struct sockaddr_in address[2];
  for (int i = 0; i < 2; i++) {
    socklen_t len = sizeof address[i];
    fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
    address[i] =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must(bind(fd[i], (struct sockaddr *)&address[i], len) == 0, "bind");
    must(getsockname(fd[i], (struct sockaddr *)&address[i], &len) == 0, "getsockname");
  }
  double start = seconds();
  for (int i = 0; i < WINDOW; i++) {
    must(sendto(fd[0], payload, PAYLOAD_LEN, 0, (struct sockaddr *)&address[1], sizeof address[1]) >
             0,
         "sendto");
  }
  for (uint32_t i = 0; i < PING_COUNT; i++) {
    int side = (i / WINDOW + 1) % 2;
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    must(recvfrom(fd[side], payload, PAYLOAD_LEN, 0, (struct sockaddr *)&from, &len) > 0,
         "recvfrom");
    must(sendto(fd[side], payload, PAYLOAD_LEN, 0, (struct sockaddr *)&from, len) > 0, "sendto");
  }
  double took = seconds() - start;
  report("loopback, bare sendto and recvfrom", PING_COUNT, took);
  close(fd[0]);
  close(fd[1]);
  return took;
}

int main(void) {
  bench_timers(16, 2000000);
  bench_timers(10000, 2000000);
  bench_timers(1000000, 1000000);
  bench_simnet();
  double bare = bench_bare();
  double at_once = bench_udp(false), gathered = bench_udp(true);
  printf("ratio to bare: %.2f at once, %.2f gathered\n", at_once / bare, gathered / bare);
  return 0;
}
