using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>What the choice of a provider asks of the other sections.</summary>
internal static class ProviderRules
{
    /// <exception cref="DChatException">An option is missing, or there for nothing (<c>options-invalid</c>); the message names it.</exception>
    public static void Check(SiloConfiguration configuration)
    {
        var (state, members) = (configuration.Storage.State, configuration.Membership.Membership);
        var (azure, redis) = (configuration.Azure, configuration.Redis);
        Require(
            configuration.Silo.Primary is null || members == Provider.Local,
            $"DChat:Primary is '{configuration.Silo.Primary}'; it must be left out where DChat:Cluster:Membership is {members}.");
        Require(
            state != Provider.Azure || (azure.ConnectionString ?? azure.BlobEndpoint) is not null,
            Missing("DChat:Azure:ConnectionString or DChat:Azure:BlobEndpoint", "DChat:Storage:State", state));
        Require(
            configuration.Storage.Log != LogProvider.Azure || (azure.ConnectionString ?? azure.BlobEndpoint) is not null,
            Missing("DChat:Azure:ConnectionString or DChat:Azure:BlobEndpoint", "DChat:Storage:Log", Provider.Azure));
        Require(
            configuration.Storage.Log != LogProvider.Azure || state != Provider.Azure || configuration.AzureLog.Container != azure.Container,
            $"DChat:Azure:Log:Container is '{azure.Container}'; it must be another than DChat:Azure:Container.");
        Require(
            members != Provider.Azure || (azure.ConnectionString ?? azure.TableEndpoint) is not null,
            Missing("DChat:Azure:ConnectionString or DChat:Azure:TableEndpoint", "DChat:Cluster:Membership", members));
        Require(
            state != Provider.Redis || redis.ConnectionString is not null,
            Missing("DChat:Redis:ConnectionString", "DChat:Storage:State", state));
        Require(
            members != Provider.Redis || redis.ConnectionString is not null,
            Missing("DChat:Redis:ConnectionString", "DChat:Cluster:Membership", members));
    }

    private static string Missing(string option, string reason, Provider provider) =>
        $"{option} is not set; it must be where {reason} is {provider}.";

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new DChatException(OptionRange.InvalidCode, message);
        }
    }
}
