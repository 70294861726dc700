using System.Net;
using DChat.Tls.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Tls.Tests.Connections;

public sealed class RefusalLogTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LinesOfLog _lines = new();

    [Fact]
    public void A_flood_of_strangers_is_counted_instead_of_logged()
    {
        var log = new RefusalLog(_lines, _time);
        for (var i = 0; i < RefusalLog.Burst + 3; i++)
        {
            Refuse(log);
        }

        Assert.Equal(RefusalLog.Burst, _lines.At(LogLevel.Warning).Count);
        _time.Advance(RefusalLog.Period);
        Refuse(log);
        Refuse(log);

        Assert.Equal(RefusalLog.Burst + 1, _lines.At(LogLevel.Warning).Count);
        Assert.Equal(
            "Refused 192.0.2.1:5 at the client port: its certificate is missing. Not told since the last such line: 3.", _lines.At(LogLevel.Warning)[^1]);
    }

    private static void Refuse(RefusalLog log) => log.Refused("client port", new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5), "its certificate is missing");
}
