// The part of the session that answers as a language model would.
#include <ctime>
#include <utility>

#include "base/text.h"
#include "model_stream.h"
#include "session.h"

namespace stream_echo {
Answer Session::in_its_form(const Refusal& refusal) const {
  Answer answer = refusal.answer;
  if (!start_ || !start_->head || answer.status < 400) return answer;
  const auto model = model_at(path_of(start_->head->target));
  if (!model || start_->agreement) return answer;
  answer.text = format_of(*model).error(refusal.why, answer.status);
  answer.content_type = kJsonType;
  return answer;
}

void Session::serve_model(const Endpoint& endpoint) {
  auto request = read_model_request(endpoint.model, start_->content);
  if (!request) return answer(endpoint, refuse_with(400, request.error().message));
  const bool streams = request->streams;
  ModelReply reply =
      make_reply(std::move(*request), {.reasoning = endpoint.sse.reasoning,
                                       .first_after = endpoint.sse.first_after,
                                       .interval = endpoint.sse.interval,
                                       .duration = endpoint.sse.duration,
                                       .number = log_.conn(),
                                       .created = static_cast<std::uint64_t>(std::time(nullptr))});
  const ModelFormat& format = format_of(endpoint.model);
  if (!streams) {
    Answer whole{.text = format.whole(reply), .content_type = std::string(kJsonType)};
    return answer(endpoint,
                  {.answer = std::move(whole), .why = count_text(reply.output_words, "word")});
  }
  StreamHead head{.is_event_stream = format.is_event_stream};
  if (!head.is_event_stream) head.content_type = "application/x-ndjson";
  open_stream(endpoint, std::move(head),
              paced_reply(endpoint.model, std::move(reply), shared_.loop.now()));
}

}  // namespace stream_echo
