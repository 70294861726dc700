using System.Text.Json.Serialization;
using DChat.Libp2p.Protocols.RequestResponse;

namespace DChat.Libp2p.Tests;

internal sealed record Question(string City);

internal sealed record Answer(double Celsius);

[JsonSerializable(typeof(Question)), JsonSerializable(typeof(Answer))]
internal sealed partial class WeatherJson : JsonSerializerContext;

internal static class Weather
{
    public static readonly RequestProtocol<Question, Answer> Protocol =
        new("/weather/1.0.0", MessageCodecs.Json(WeatherJson.Default.Question), MessageCodecs.Json(WeatherJson.Default.Answer))
        {
            MaxRequestBytes = 1024,
            Timeout = TimeSpan.FromSeconds(5),
        };
}

internal sealed class WeatherHandler(TimeProvider time) : IRequestHandler<Question, Answer>
{
    public ValueTask<Answer> HandleAsync(Question request, RequestContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Answer(time.GetLocalNow().Month is > 4 and < 10 ? 20 : -3));
}
