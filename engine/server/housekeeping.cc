// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/housekeeping.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/server/log.h"

namespace gonghui {

namespace asio = boost::asio;

void RunUntilSignal(const std::function<void()>& ready,
                    const std::function<void()>& drain,
                    int64_t drain_ms_max) {
  asio::io_context context;
  asio::signal_set signals(context, SIGTERM, SIGINT);
  asio::steady_timer watchdog(context);
  std::thread drainer;

  signals.async_wait([&](const boost::system::error_code& error, int signal) {
    if (error) {
      return;
    }
    LogInfo("draining", {{"signal", signal}});
    drainer = std::thread([&] {
      drain();
      asio::post(context, [&] {
        signals.cancel();
        watchdog.cancel();
      });
    });
    signals.async_wait([](const boost::system::error_code& second_error, int second) {
      if (!second_error) {
        LogWarn("stopping at once", {{"signal", second}});
        std::_Exit(0);
      }
    });
    watchdog.expires_after(std::chrono::milliseconds(drain_ms_max));
    watchdog.async_wait([](const boost::system::error_code& timer_error) {
      if (!timer_error) {
        LogError("the drain takes too long; stopping at once");
        std::_Exit(1);
      }
    });
  });
  ready();
  context.run();
  drainer.join();
}

}  // namespace gonghui
