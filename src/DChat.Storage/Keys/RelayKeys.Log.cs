using DChat.Core.Relays;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Keys;

public sealed partial class RelayKeys
{
    [LoggerMessage(1, LogLevel.Information, "Gateway {Gateway} speaks for relay {Relay} until {NotAfter:O}.")]
    private partial void LogDelegated(string gateway, RelayId relay, DateTimeOffset notAfter);

    [LoggerMessage(2, LogLevel.Warning, "The delegation of gateway {Gateway} ends at {NotAfter:O} and cannot be renewed: {Reason}")]
    private partial void LogCannotRenew(string gateway, DateTimeOffset notAfter, string reason);
}
