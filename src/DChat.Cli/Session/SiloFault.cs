namespace DChat.Cli.Session;

/// <summary>What to say of a silo that does not do what was asked.</summary>
internal static class SiloFault
{
    public const string NotAClientPortCode = "not-a-client-port";
    public const string WrongClusterCode = "wrong-cluster";

    private const string Start = "Start a silo with: dotnet run --project src/DChat.Silo";
    private const string Advice = "name its client port, which it prints as it starts (clients), with --silo";

    /// <summary>It answered or not when the verb connected, and keeps silent since.</summary>
    public static string Describe(CliSettings settings, bool isConnected) => isConnected
        ? $"The silo at {settings.Silo} is there, but no core silo of its cluster answers: the core keeps the messages. Start or restart the core, then try again."
        : Silent(settings);

    /// <summary>Nothing listens there.</summary>
    public static string Nobody(CliSettings settings) => $"Nothing listens at {settings.Silo}. {Start}, or {Advice}.";

    /// <summary>The name does not lead anywhere.</summary>
    public static string UnknownHost(CliSettings settings) => $"There is no host {settings.Silo.Host}, or it cannot be found now. Check --silo.";

    /// <summary>Something takes connections and says nothing.</summary>
    public static string Silent(CliSettings settings) =>
        $"Something listens at {settings.Silo} but does not answer as a silo does: the silo hangs, or it is another program. If it is another, {Advice}.";

    /// <summary>Another port of a silo, or another program.</summary>
    public static string OtherPort(CliSettings settings, string what) => $"{settings.Silo} is {what}, not the client port of a silo: {Advice}.";

    /// <summary>It speaks TLS, and we did not.</summary>
    public static string NeedsTls(CliSettings settings) =>
        $"{settings.Silo} speaks TLS. If it is a silo, give the certificate that its operator made for you: --tls-certificate, --tls-key and --tls-authority, or DCHAT_TLS_CERTIFICATE and its like. Else {Advice}.";

    /// <summary>A silo hangs up on clients of another Orleans cluster, without a word.</summary>
    public static string OtherCluster(CliSettings settings) =>
        $"{settings.Silo} hangs up. If it is a silo, it belongs to another cluster than {settings.ClusterId}: name its own with --cluster-id. Else {Advice}.";
}
